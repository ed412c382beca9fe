using ActorDcp.Client;
using Akka.Actor;
using static ActorDcp.Connections.ConnectionProtocol;

namespace ActorDcp.Connections;

/// <summary>Parent of the member's connection actors of a group: one a Couchbase data node, made before it is needed where the nodes are known.</summary>
internal sealed class KvConnectionsActor : UntypedActor
{
    private readonly Func<KvEndpoint, Props> _connection;
    private readonly Dictionary<KvEndpoint, IActorRef> _children = [];

    public KvConnectionsActor(Func<KvEndpoint, Props> connection) => _connection = connection;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestStream request: ChildFor(request.Node).Forward(request); break;
            case FetchFailoverLog fetch: ChildFor(fetch.Node).Forward(fetch); break;
            case ForgetRequest forget: ForwardIfThere(forget.Node, forget); break;
            case CloseStream close: ForwardIfThere(close.Node, close); break;
            case Connect connect:
                foreach (var node in connect.Nodes)
                    ChildFor(node);
                break;
            case NodesChanged changed:
                foreach (var child in _children.Values)
                    child.Forward(changed);
                break;
            case Idle idle: OnIdle(idle.Node); break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private IActorRef ChildFor(KvEndpoint node)
    {
        if (!_children.TryGetValue(node, out var child))
            _children[node] = child = Context.Watch(Context.ActorOf(_connection(node)));
        return child;
    }

    private void ForwardIfThere(KvEndpoint node, object message)
    {
        if (_children.TryGetValue(node, out var child))
            child.Forward(message);
    }

    // what comes for the node from now on is for another child
    private void OnIdle(KvEndpoint node)
    {
        if (_children.TryGetValue(node, out var child) && child.Equals(Sender))
        {
            _children.Remove(node);
            child.Tell(new Stop());
        }
    }

    private void OnTerminated(IActorRef child)
    {
        foreach (var (node, actor) in _children)
        {
            if (actor.Equals(child))
            {
                _children.Remove(node);
                return;
            }
        }
    }
}
