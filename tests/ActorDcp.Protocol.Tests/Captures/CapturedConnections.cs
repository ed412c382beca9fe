using System.Buffers.Binary;

namespace ActorDcp.Protocol.Tests.Captures;

/// <summary>Follows HELO, so that it is known what is in force on each connection when a frame passes.</summary>
internal sealed class CapturedConnections
{
    private readonly Dictionary<int, HashSet<HelloFeature>> _features = [];

    public bool Has(CapturedFrame captured, HelloFeature feature) =>
        _features.TryGetValue(captured.Connection, out var features) && features.Contains(feature);

    public void Follow(CapturedFrame captured)
    {
        if (captured.FromClient)
            return;
        var frame = captured.Read();
        if (frame.Header.Opcode != Opcode.Helo || frame.Header.IsServerInitiated || frame.Header.Status != Status.Success)
            return;
        var features = new HashSet<HelloFeature>();
        for (var value = frame.Value; !value.IsEmpty; value = value[2..])
            features.Add((HelloFeature)BinaryPrimitives.ReadUInt16BigEndian(value));
        _features[captured.Connection] = features;
    }
}
