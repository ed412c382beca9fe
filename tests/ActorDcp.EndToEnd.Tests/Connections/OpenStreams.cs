using ActorDcp.Client;
using ActorDcp.Producer;
using ActorDcp.Producer.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.EndToEnd.Tests.Connections;

/// <summary>What nodes' own statistics tell of their DCP connections: the streams of each, by vbucket, with the opaque each was asked for with.</summary>
internal static class OpenStreams
{
    private const string Prefix = "eq_dcpq:";
    private const string Opaque = "_opaque";

    /// <summary>The names of the connections that a node has, but for its own replication.</summary>
    public static async Task<IReadOnlyList<string>> ConnectionsAsync(KvEndpoint node) =>
        [.. (await ReadAsync(node)).Keys
            .Where(key => key.EndsWith(":num_streams", StringComparison.Ordinal) && key.Contains("actordcp", StringComparison.Ordinal))
            .Select(key => key[Prefix.Length..^":num_streams".Length])];

    /// <summary>Each stream that is open at a node: another connection or another opaque is another stream.</summary>
    public static async Task<IReadOnlyDictionary<int, string>> OfAsync(KvEndpoint node)
    {
        var streams = new Dictionary<int, string>();
        foreach (var (key, value) in await ReadAsync(node))
        {
            var at = key.IndexOf(":stream_", StringComparison.Ordinal);
            if (at < 0 || !key.EndsWith(Opaque, StringComparison.Ordinal) || !key.Contains("actordcp", StringComparison.Ordinal))
                continue;
            var vbucket = key[(at + ":stream_".Length)..^Opaque.Length];
            streams[int.Parse(vbucket, System.Globalization.CultureInfo.InvariantCulture)] = $"{key[..at]} {value}";
        }
        return streams;
    }

    public static KvEndpoint At(ProducerNode node) => new("127.0.0.1", node.Endpoint.Port);

    private static async Task<IReadOnlyDictionary<string, string>> ReadAsync(KvEndpoint node)
    {
        var options = new KvConnectionOptions
        {
            Endpoint = node,
            Bucket = "default",
            Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
        };
        await using var connection = await KvConnection.OpenAsync(options, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        return await connection.GetStatisticsAsync("dcp", CancellationToken.None);
    }
}
