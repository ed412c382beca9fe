using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Producer.Replication;

/// <summary>Brings a connection up as a replica does: HELO, SASL, bucket, OPEN, controls (dcp-reference.md 2.1).</summary>
internal static class ReplicationHandshake
{
    /// <summary>How the names of connections between nodes begin.</summary>
    public const string NamePrefix = "replication:";

    /// <summary>Likewise, as it is on the wire.</summary>
    public static ReadOnlySpan<byte> NamePrefixBytes => PrefixBytes;

    /// <summary>Bytes that may be under way; half of them are acknowledged at a time.</summary>
    public const int Window = 10 * 1024 * 1024;

    public const int NoopIntervalSeconds = 20;

    private static readonly byte[] PrefixBytes = Encoding.UTF8.GetBytes(NamePrefix);

    private static readonly HelloFeature[] Features =
        [HelloFeature.Xattr, HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.Collections];

    /// <summary>The controls of a replica. What an older node does not know, it may refuse.</summary>
    private static readonly (string Setting, string Value)[] Controls =
    [
        (ControlKeys.EnableNoop, "true"),
        (ControlKeys.SetNoopInterval, NoopIntervalSeconds.ToString(CultureInfo.InvariantCulture)),
        (ControlKeys.ConnectionBufferSize, Window.ToString(CultureInfo.InvariantCulture)),
        (ControlKeys.EnableExpiryOpcode, "true"),
        (ControlKeys.IncludeDeletedUserXattrs, "true"),
        (ControlKeys.FlatbuffersSystemEvents, "true"),
        (ControlKeys.EnableSyncWrites, "true"),
        (ControlKeys.MaxMarkerVersion, "2.2"),
    ];

    /// <summary>The name by which a node is known in the chains of durable writes and on replication connections.</summary>
    public static string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"n_{node}");

    public static async Task RunAsync(ReplicationSocket socket, ProducerNode source, ProducerNode self, ProducerCluster cluster, CancellationToken cancellationToken)
    {
        var name = $"{NamePrefix}{NameOf(source.Id)}->{NameOf(self.Id)}:{cluster.Settings.Name}";
        var options = cluster.Options;
        uint opaque = 0;
        await AskAsync(socket, Opcode.Helo, to => BootstrapRequests.WriteHelo(to, ++opaque, name, Features), cancellationToken);
        await AskAsync(socket, Opcode.SaslAuth,
            to => BootstrapRequests.WriteSaslAuth(to, ++opaque, "PLAIN", Encoding.UTF8.GetBytes($"\0{options.User}\0{options.Password}")), cancellationToken);
        await AskAsync(socket, Opcode.SelectBucket, to => BootstrapRequests.WriteSelectBucket(to, ++opaque, cluster.Settings.Name), cancellationToken);
        const DcpOpenFlags flags = DcpOpenFlags.Producer | DcpOpenFlags.IncludeXattrs | DcpOpenFlags.IncludeDeleteTimes | DcpOpenFlags.IncludeDeletedUserXattrs;
        await AskAsync(socket, Opcode.DcpOpen, to => WriteOpen(to, ++opaque, name, flags), cancellationToken);
        foreach (var (setting, value) in Controls)
            await AskAsync(socket, Opcode.DcpControl, to => DcpRequests.WriteControl(to, ++opaque, setting, value), cancellationToken);
        await AskAsync(socket, Opcode.DcpControl,
            to => DcpRequests.WriteControl(to, ++opaque, ControlKeys.ConsumerName, NameOf(self.Id)), cancellationToken);
    }

    /// <summary>OPEN 0x50 (3.1) with a name that no client may have: extras @0 u32 0; @4 u32 flags.</summary>
    private static void WriteOpen(IBufferWriter<byte> to, uint opaque, string name, DcpOpenFlags flags)
    {
        Span<byte> extras = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(extras, (uint)flags);
        FrameWriter.WriteRequest(to, Opcode.DcpOpen, default, opaque, extras, Encoding.UTF8.GetBytes(name));
    }

    private static async Task AskAsync(
        ReplicationSocket socket, Opcode opcode, Action<IBufferWriter<byte>> write, CancellationToken cancellationToken)
    {
        socket.Write(write);
        await socket.FlushAsync(cancellationToken);
        Status? answer = null;
        while (answer is null)
            await socket.ReceiveAsync((in Frame frame) => answer ??= frame.Header.IsResponse && frame.Header.Opcode == opcode ? frame.Header.Status : null, cancellationToken);
        if (answer != Status.Success)
            throw new ProtocolException($"{opcode} was answered with {answer}");
    }
}
