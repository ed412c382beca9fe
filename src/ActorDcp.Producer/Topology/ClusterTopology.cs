using System.Collections.Immutable;
using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer.Topology;

/// <summary>
/// What the cluster maps of all nodes are made from: the members and the layout, under one version. Safe to use from any thread.
/// </summary>
internal sealed class ClusterTopology(int replicas)
{
    private const long Epoch = 1;
    private readonly Lock _gate = new();
    private ImmutableArray<ProducerNode> _members = [];
    private VBucketLayout _layout = new([]);
    private long _revision = 1;
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Replicas that each vbucket should have.</summary>
    public int Replicas => replicas;

    /// <summary>Nodes of the cluster, whether they run or not, in the order of the map.</summary>
    public ImmutableArray<ProducerNode> Members => Look().Members;

    public VBucketLayout Layout => Look().Layout;

    public ClusterMapVersion Version => Look().Version;

    /// <summary>All of it as it stands at one moment.</summary>
    public (ClusterMapVersion Version, ImmutableArray<ProducerNode> Members, VBucketLayout Layout) Look()
    {
        lock (_gate)
            return (new ClusterMapVersion(Epoch, _revision), _members, _layout);
    }

    /// <summary>Sets what a start begins with. Before any client is served.</summary>
    public void Begin(ImmutableArray<ProducerNode> members, VBucketLayout layout, long revision)
    {
        lock (_gate)
            (_members, _layout, _revision) = (members, layout, revision);
    }

    /// <summary>Something changed that clients must know: the next revision.</summary>
    public void Advance(ImmutableArray<ProducerNode>? members = null, VBucketLayout? layout = null)
    {
        lock (_gate)
        {
            _members = members ?? _members;
            _layout = layout ?? _layout;
            _revision++;
            _advanced.SetResult();
            _advanced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Gives one vbucket another chain: the next revision.</summary>
    public void Advance(VBucketId vbucket, ImmutableArray<int> chain)
    {
        lock (_gate)
            Advance(layout: _layout.With(vbucket, chain));
    }

    /// <summary>Ends when the map is newer than a version.</summary>
    public Task WaitForNewerAsync(ClusterMapVersion known, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Version.CompareTo(known) > 0 ? Task.CompletedTask : _advanced.Task.WaitAsync(cancellationToken);
    }
}
