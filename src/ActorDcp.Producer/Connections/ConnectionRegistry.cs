using System.Collections.Concurrent;

namespace ActorDcp.Producer.Connections;

/// <summary>The open connections of a node, and which of them holds which DCP name. Safe to use from any thread.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<ClientConnection, byte> _connections = new();
    private readonly ConcurrentDictionary<string, ClientConnection> _byDcpName = new();

    public int Count => _connections.Count;

    public IEnumerable<ClientConnection> All => _connections.Keys;

    /// <summary>Cuts the oldest connection that nobody has logged in on, once there are so many of them. Returns how many connections go on.</summary>
    public int MakeRoom(int mostUnauthenticated)
    {
        ClientConnection? oldest = null;
        int unauthenticated = 0, open = 0;
        foreach (var connection in _connections.Keys)
        {
            if (connection.IsDropped)
                continue;
            open++;
            if (connection.User is not null)
                continue;
            unauthenticated++;
            if (oldest is null || connection.OpenedAt < oldest.OpenedAt)
                oldest = connection;
        }
        if (unauthenticated < mostUnauthenticated)
            return open;
        oldest?.Drop("not authenticated, and others came");
        return open - 1;
    }

    public void Add(ClientConnection connection) => _connections[connection] = 0;

    public void Remove(ClientConnection connection)
    {
        _connections.TryRemove(connection, out _);
        if (connection.DcpName is { } name)
            _byDcpName.TryRemove(new KeyValuePair<string, ClientConnection>(name, connection));
    }

    /// <summary>Gives a DCP name to a connection, and says who held it before (dcp-reference.md 3.1).</summary>
    public ClientConnection? TakeDcpName(string name, ClientConnection connection)
    {
        ClientConnection? older = null;
        _byDcpName.AddOrUpdate(name, connection, (_, holder) =>
        {
            older = holder;
            return connection;
        });
        return ReferenceEquals(older, connection) ? null : older;
    }
}
