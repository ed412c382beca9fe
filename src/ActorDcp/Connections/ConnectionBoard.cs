using System.Collections.Concurrent;
using ActorDcp.Client;

namespace ActorDcp.Connections;

/// <summary>The member's connections by node, for status and metrics. Written by the connection actors, read by anybody.</summary>
internal sealed class ConnectionBoard
{
    private readonly ConcurrentDictionary<KvEndpoint, Entry> _entries = new();

    /// <summary>Nodes with their connection, and with what last went wrong there, as they were at one instant.</summary>
    public IReadOnlyCollection<KeyValuePair<KvEndpoint, Entry>> Entries => _entries.ToArray();

    /// <summary>There is a connection. What went wrong before stays to be seen.</summary>
    public void Set(KvEndpoint node, DcpConnection connection) => _entries.AddOrUpdate(
        node, _ => new Entry(connection, null), (_, entry) => entry with { Connection = connection });

    /// <summary>There is no connection.</summary>
    public void SetFailure(KvEndpoint node, string reason, DateTimeOffset at) => _entries[node] = new Entry(null, NodeFailure.Of(reason, at));

    /// <summary>The node refused something over the connection, which goes on.</summary>
    public void NoteRefusal(KvEndpoint node, string reason, DateTimeOffset at)
    {
        if (_entries.TryGetValue(node, out var entry))
            _entries.TryUpdate(node, entry with { LastFailure = NodeFailure.Of(reason, at) }, entry);
    }

    /// <summary>The connection to a node; null while there is none.</summary>
    public DcpConnection? Find(KvEndpoint node) => _entries.TryGetValue(node, out var entry) ? entry.Connection : null;

    /// <summary>Takes a node away, unless another connection to it was put since.</summary>
    public void Remove(KvEndpoint node, DcpConnection? last)
    {
        if (_entries.TryGetValue(node, out var entry) && (entry.Connection is null || ReferenceEquals(entry.Connection, last)))
            _entries.TryRemove(new KeyValuePair<KvEndpoint, Entry>(node, entry));
    }

    internal sealed record Entry(DcpConnection? Connection, NodeFailure? LastFailure);
}
