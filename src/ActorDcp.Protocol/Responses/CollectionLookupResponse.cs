using System.Buffers.Binary;

namespace ActorDcp.Protocol.Responses;

/// <summary>The answer to GET_COLLECTION_ID and GET_SCOPE_ID (dcp-reference.md 2.10): extras @0 u64 manifest uid; @8 u32 id.</summary>
/// <param name="ManifestUid">Manifest that the id is from.</param>
/// <param name="Id">Id of the collection or scope.</param>
public readonly record struct CollectionLookupResponse(ulong ManifestUid, uint Id)
{
    private const int ExtrasLength = 12;

    /// <summary>Reads a frame.</summary>
    /// <exception cref="ProtocolException">Not a success, or another length.</exception>
    public static CollectionLookupResponse Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        if (frame.Extras.Length != ExtrasLength)
            throw ResponseRules.BadLength(frame, $"{ExtrasLength} bytes of extras");
        return new CollectionLookupResponse(
            BinaryPrimitives.ReadUInt64BigEndian(frame.Extras), BinaryPrimitives.ReadUInt32BigEndian(frame.Extras[8..]));
    }
}
