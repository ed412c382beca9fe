using System.Buffers.Binary;

namespace ActorDcp.Producer.Collections;

/// <summary>
/// Values of SYSTEM_EVENT versions 0 and 1 (dcp-reference.md 3.12): @0 u64 manifest uid; @8 u32 scope; for collections @12 u32
/// collection; version 1 adds @16 u32 longest time to live.
/// </summary>
internal static class ClassicSystemEvent
{
    /// <summary>1 for a collection that begins with a time to live, else 0.</summary>
    public static byte VersionOf(SystemEventRecord told) =>
        told is { Kind: CollectionEventKind.CollectionBegin, MaxTtl: not null } ? (byte)1 : (byte)0;

    public static byte[] Write(SystemEventRecord told)
    {
        var value = new byte[told.IsAboutScope ? 12 : VersionOf(told) == 1 ? 20 : 16];
        BinaryPrimitives.WriteUInt64BigEndian(value, told.ManifestUid);
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(8), told.ScopeId);
        if (told.IsAboutScope)
            return value;
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(12), told.CollectionId);
        if (value.Length == 20)
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(16), told.MaxTtl!.Value);
        return value;
    }
}
