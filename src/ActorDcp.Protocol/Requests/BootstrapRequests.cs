using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Requests;

/// <summary>Writes the requests that bring a connection up (dcp-reference.md 2). A client sends them.</summary>
public static class BootstrapRequests
{
    /// <summary>HELO 0x1f (2.2): key agent; value u16 a feature. Each HELO begins from no features at all.</summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="opaque">Comes back in the answer.</param>
    /// <param name="agent">Text for the server's logs, see <see cref="HelloAgent"/>; may be empty.</param>
    /// <param name="features">What to ask for.</param>
    public static void WriteHelo(IBufferWriter<byte> output, uint opaque, string agent, ReadOnlySpan<HelloFeature> features)
    {
        var value = new byte[features.Length * sizeof(ushort)];
        for (var i = 0; i < features.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(i * sizeof(ushort)), (ushort)features[i]);
        FrameWriter.WriteRequest(output, Opcode.Helo, default, opaque, key: Encoding.UTF8.GetBytes(agent), value: value);
    }

    /// <summary>SASL_LIST_MECHS 0x20 (2.3): empty.</summary>
    public static void WriteSaslListMechs(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.SaslListMechs, default, opaque);

    /// <summary>SASL_AUTH 0x21 (2.3): key mechanism; value first message.</summary>
    public static void WriteSaslAuth(IBufferWriter<byte> output, uint opaque, string mechanism, ReadOnlySpan<byte> message) =>
        FrameWriter.WriteRequest(output, Opcode.SaslAuth, default, opaque, key: Encoding.ASCII.GetBytes(mechanism), value: message);

    /// <summary>SASL_STEP 0x22 (2.3): key mechanism; value next message.</summary>
    public static void WriteSaslStep(IBufferWriter<byte> output, uint opaque, string mechanism, ReadOnlySpan<byte> message) =>
        FrameWriter.WriteRequest(output, Opcode.SaslStep, default, opaque, key: Encoding.ASCII.GetBytes(mechanism), value: message);

    /// <summary>SELECT_BUCKET 0x89 (2.4): key name.</summary>
    public static void WriteSelectBucket(IBufferWriter<byte> output, uint opaque, string bucket) =>
        FrameWriter.WriteRequest(output, Opcode.SelectBucket, default, opaque, key: Encoding.UTF8.GetBytes(bucket));

    /// <summary>GET_CLUSTER_CONFIG 0xb5 (2.5): empty; the answer always brings the config.</summary>
    public static void WriteGetClusterConfig(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.GetClusterConfig, default, opaque);

    /// <summary>
    /// GET_CLUSTER_CONFIG 0xb5 (2.5) naming the config that is known: extras @0 i64 epoch; @8 i64 rev. The answer is empty unless the
    /// server has a newer one. Needs HELO GetClusterConfigWithKnownVersion.
    /// </summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="opaque">Comes back in the answer.</param>
    /// <param name="knownEpoch">At least 1, or -1 for none.</param>
    /// <param name="knownRevision">At least 1.</param>
    public static void WriteGetClusterConfig(IBufferWriter<byte> output, uint opaque, long knownEpoch, long knownRevision)
    {
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(extras, knownEpoch);
        BinaryPrimitives.WriteInt64BigEndian(extras[8..], knownRevision);
        FrameWriter.WriteRequest(output, Opcode.GetClusterConfig, default, opaque, extras);
    }

    /// <summary>GET_ERROR_MAP 0xfe (2.9): value u16 highest version understood, 1 or 2.</summary>
    public static void WriteGetErrorMap(IBufferWriter<byte> output, uint opaque, ushort version = 2)
    {
        Span<byte> value = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(value, version);
        FrameWriter.WriteRequest(output, Opcode.GetErrorMap, default, opaque, value: value);
    }

    /// <summary>VERSION 0x0b (3.20): empty; the answer's value is text.</summary>
    public static void WriteVersion(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.Version, default, opaque);

    /// <summary>NOOP 0x0a (3.20), the client's own, not that of DCP: empty both ways.</summary>
    public static void WriteNoop(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.Noop, default, opaque);

    /// <summary>The answer to CLUSTERMAP_CHANGE_NOTIFICATION (2.6): magic 0x83, same opcode and opaque. The server does not wait for it.</summary>
    public static void WriteClusterMapNotificationReply(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.Write(
            output, Magic.ServerResponse, (Opcode)ServerOpcode.ClustermapChangeNotification, (ushort)Status.Success, opaque,
            default, default, default, default, Datatype.Raw, cas: 0);
}
