using System.Collections.Concurrent;
using ActorDcp.Client;

namespace ActorDcp.Connections;

/// <summary>The member's connections by node, for status and metrics. Written by the connection actors, read by anybody.</summary>
internal sealed class ConnectionBoard
{
    private readonly ConcurrentDictionary<KvEndpoint, Entry> _entries = new();

    /// <summary>Nodes with their connection, or with why there is none.</summary>
    public IReadOnlyCollection<KeyValuePair<KvEndpoint, Entry>> Entries => [.. _entries];

    public void Set(KvEndpoint node, DcpConnection connection) => _entries[node] = new Entry(connection, null);

    public void SetFailure(KvEndpoint node, string reason) => _entries[node] = new Entry(null, reason);

    /// <summary>The connection to a node; null while there is none.</summary>
    public DcpConnection? Find(KvEndpoint node) => _entries.TryGetValue(node, out var entry) ? entry.Connection : null;

    /// <summary>Takes a node away, unless another connection to it was put since.</summary>
    public void Remove(KvEndpoint node, DcpConnection? last)
    {
        if (_entries.TryGetValue(node, out var entry) && (entry.Connection is null || ReferenceEquals(entry.Connection, last)))
            _entries.TryRemove(new KeyValuePair<KvEndpoint, Entry>(node, entry));
    }

    internal sealed record Entry(DcpConnection? Connection, string? Failure);
}
