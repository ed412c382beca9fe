using System.Buffers.Binary;
using System.Net;
using System.Text;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.ClusterHistories;

/// <summary>A KV client of each node.</summary>
internal sealed class HistoryWriter : IAsyncDisposable
{
    private static readonly HelloFeature[] Features =
    [
        HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.MutationSeqno, HelloFeature.Collections,
        HelloFeature.AltRequest, HelloFeature.SyncReplication,
    ];

    private readonly Dictionary<int, RawClient> _clients = [];
    private readonly List<(ProducerNode Node, int? Port)> _forgotten = [];
    private uint _opaque = 1_000_000;

    /// <summary>Asks a node and waits; null when the connection ends before the answer.</summary>
    public async Task<RawFrame?> TryAskAsync(ProducerNode node, Operation operation)
    {
        try
        {
            var client = await ClientAsync(node);
            var opaque = await SendAsync(client, operation);
            return (await client.ReadUntilAsync(frame => frame.Header.IsResponse && frame.Header.Opaque == opaque))[^1];
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            await ForgetAsync(node);
            return null;
        }
    }

    /// <summary>Sends without waiting for an answer, which nobody reads: the connection is given up with <see cref="ForgetAsync"/>.</summary>
    public async Task SendAsync(ProducerNode node, Operation operation)
    {
        try
        {
            await SendAsync(await ClientAsync(node), operation);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            await ForgetAsync(node);
        }
    }

    public async Task ForgetAsync(ProducerNode node)
    {
        if (!_clients.Remove(node.Id, out var client))
            return;
        _forgotten.Add((node, client.LocalPort));
        await client.DisposeAsync();
    }

    /// <summary>Waits until the nodes have served, or thrown away, all that connections brought which were given up.</summary>
    public async Task SettleAsync()
    {
        foreach (var (node, port) in _forgotten)
            await Nodes.Copies.UntilAsync(
                () => node.Services?.Connections.All.Any(connection => (connection.Remote as IPEndPoint)?.Port == port) != true, $"{node} to be done with port {port}");
        _forgotten.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
            await client.DisposeAsync();
        _clients.Clear();
    }

    /// <summary>Where the answer says that a change stands.</summary>
    public static (ulong Uuid, ulong Seqno) PlaceOf(RawFrame answer) =>
        (BinaryPrimitives.ReadUInt64BigEndian(answer.Extras), BinaryPrimitives.ReadUInt64BigEndian(answer.Extras.AsSpan(8)));

    private async Task<RawClient> ClientAsync(ProducerNode node) => _clients.TryGetValue(node.Id, out var client)
        ? client
        : _clients[node.Id] = await RawClient.LoginAsync(node, Features);

    private async Task<uint> SendAsync(RawClient client, Operation operation)
    {
        var opaque = _opaque++;
        await client.SendAsync(operation.Opcode, operation.VBucket.Value, opaque, operation.Extras, operation.WireKey,
            Encoding.UTF8.GetBytes(operation.Value ?? ""), framing: operation.Framing);
        return opaque;
    }
}
