using Microsoft.AspNetCore.Connections;

namespace ActorDcp.Producer.Http;

/// <summary>
/// The connections of a node's HTTP ports. When they are too many, the oldest on which nobody has shown who he is makes room, so
/// that those who connect and say nothing keep nobody out. Safe to use from any thread.
/// </summary>
internal sealed class HttpConnections(int most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<ConnectionContext> _unknown = new();
    private readonly Dictionary<string, LinkedListNode<ConnectionContext>> _byId = [];
    private int _open;

    /// <summary>Lets a connection in for as long as it lasts, or closes it when there is no room.</summary>
    public async Task RunAsync(ConnectionContext connection, Func<Task> next)
    {
        if (!TryAdd(connection))
        {
            connection.Abort(new ConnectionAbortedException("too many connections"));
            return;
        }
        try
        {
            await next();
        }
        finally
        {
            Remove(connection.ConnectionId);
        }
    }

    /// <summary>Somebody who may has asked on a connection.</summary>
    public void Recognize(string connectionId)
    {
        lock (_gate)
            if (_byId.TryGetValue(connectionId, out var node) && node.List is not null)
                _unknown.Remove(node);
    }

    private bool TryAdd(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        lock (_gate)
        {
            if (_open >= most)
            {
                if (_unknown.First is not { } first)
                    return false;
                oldest = first.Value;
                _unknown.RemoveFirst();
            }
            else
            {
                _open++;
            }
            _byId[connection.ConnectionId] = _unknown.AddLast(connection);
            if (oldest is not null)
                _byId.Remove(oldest.ConnectionId);
        }
        oldest?.Abort(new ConnectionAbortedException("nobody has logged in on it, and others came"));
        return true;
    }

    private void Remove(string connectionId)
    {
        lock (_gate)
        {
            // one that made room has given up its place already
            if (!_byId.Remove(connectionId, out var node))
                return;
            _open--;
            if (node.List is not null)
                _unknown.Remove(node);
        }
    }
}
