using System.Buffers.Binary;
using System.Collections.Frozen;

namespace ActorDcp.Protocol.Responses;

/// <summary>The answer to HELO (dcp-reference.md 2.2): value u16 a feature that is in force from now on.</summary>
public static class HelloResponse
{
    /// <summary>Reads the features granted; unknown codes are kept.</summary>
    /// <exception cref="ProtocolException">Not a success, or an odd length.</exception>
    public static FrozenSet<HelloFeature> Read(in Frame frame)
    {
        ResponseRules.RequireSuccess(frame);
        var value = ResponseRules.InflatedValue(frame);
        if (value.Length % sizeof(ushort) != 0)
            throw ResponseRules.BadLength(frame, "pairs of bytes");
        var features = new HelloFeature[value.Length / sizeof(ushort)];
        for (var i = 0; i < features.Length; i++)
            features[i] = (HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(value[(i * sizeof(ushort))..]);
        return features.ToFrozenSet();
    }
}
