using System.Collections.Immutable;
using System.Net;
using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Topology;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Nodes;

/// <summary>All nodes of an embedded producer, and what they share: settings, users, members and layout. Safe to use from any thread.</summary>
internal sealed partial class ProducerCluster : IVBucketRoute, IAsyncDisposable
{
    private static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MovePollInterval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(30);

    private readonly IPAddress _address;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterFile? _file;
    private Bucket? _bucket;
    private int _nextNode;
    private bool _stopped;

    private ProducerCluster(EmbeddedProducerOptions options, IPAddress address)
    {
        _address = address;
        _file = options.DataDirectory is { } folder ? new ClusterFile(folder) : null;
        Options = options;
        Log = options.LoggerFactory.CreateLogger("ActorDcp.Producer");
        Accounts = new UserAccounts(options.User, options.Password, options.Users);
        Topology = new ClusterTopology(options.Replicas);
        Settings = new BucketSettings
        {
            Name = options.Bucket,
            VBuckets = options.VBuckets,
            Ephemeral = options.Ephemeral,
            KeepHistory = options.KeepHistory,
            LastWriteWins = options.LastWriteWins,
            CheckpointMaxItems = options.CheckpointMaxItems,
            Time = options.TimeProvider,
            Collections = new BucketCollections(options.DataDirectory is null ? null : new ManifestFile(options.DataDirectory)),
        };
    }

    public EmbeddedProducerOptions Options { get; }

    public BucketSettings Settings { get; }

    public UserAccounts Accounts { get; }

    public ClusterTopology Topology { get; }

    public ILogger Log { get; }

    /// <summary>The whole bucket: what is asked of a vbucket goes to its active copy, wherever it is.</summary>
    public Bucket Bucket => _bucket!;

    /// <summary>Starts all nodes. They listen when this returns.</summary>
    public static async Task<ProducerCluster> StartAsync(EmbeddedProducerOptions options, IPAddress address, CancellationToken cancellationToken)
    {
        var cluster = new ProducerCluster(options, address);
        try
        {
            await cluster.StartAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.StopAsync(clean: false);
            throw;
        }
    }

    /// <summary>The host by which clients of this machine reach an address.</summary>
    public string ClientHost(IPEndPoint endPoint) =>
        IPAddress.IsLoopback(endPoint.Address) || endPoint.Address.Equals(IPAddress.Any) ? "127.0.0.1" : Options.Host;

    /// <summary>Where other nodes of this process reach a node.</summary>
    public static IPEndPoint LocalAddressOf(ProducerNode node)
    {
        var endPoint = node.Endpoint;
        if (endPoint.Address.Equals(IPAddress.Any))
            return new IPEndPoint(IPAddress.Loopback, endPoint.Port);
        return endPoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, endPoint.Port) : endPoint;
    }

    /// <summary>A node of the cluster.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of that id.</exception>
    public ProducerNode Find(int node) => Topology.Members.FirstOrDefault(member => member.Id == node)
        ?? throw new ArgumentOutOfRangeException(nameof(node), node, $"the nodes are {string.Join(", ", Topology.Members.Select(member => member.Id))}");

    public VBucket? ActiveOf(VBucketId vbucket)
    {
        while (true)
        {
            var (_, members, layout) = Topology.Look();
            var active = layout.ActiveOf(vbucket);
            foreach (var member in members)
                if (member.Id == active && (member.IsRunning || _stopped) && member.Bucket.TryFind(vbucket) is { } copy)
                    return copy;
            // it may have gone elsewhere meanwhile, and the copy here was dropped then
            if (ReferenceEquals(Topology.Layout, layout))
                return null;
        }
    }

    public bool WaitForMove(VBucket from)
    {
        var since = Options.TimeProvider.GetTimestamp();
        while (from is { IsMoving: true, IsWritable: false } && ReferenceEquals(ActiveOf(from.Id), from) && Options.TimeProvider.GetElapsedTime(since) < LongestMove)
            Topology.WaitForNewerAsync(Topology.Version, CancellationToken.None).Wait(MovePollInterval);
        return ActiveOf(from.Id) is { } now && (!ReferenceEquals(now, from) || from.IsWritable);
    }

    public Task FlushAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Topology.Members.Select(member => member.FlushAsync(cancellationToken)));

    /// <summary>What was done to a vbucket by hand survives a crash from here on.</summary>
    /// <exception cref="TimeoutException">The disk is too slow; it will be durable later.</exception>
    public void MakeDurable()
    {
        if (Options.DataDirectory is not null)
            Task.Run(() => FlushAsync(CancellationToken.None)).WaitAsync(LongestFlush).GetAwaiter().GetResult();
    }

    /// <summary>Something changed that clients must know: the next revision.</summary>
    public void Advance(ImmutableArray<ProducerNode>? members = null, VBucketLayout? layout = null)
    {
        Topology.Advance(members, layout);
        TellChains();
        FollowAll();
        Publish(withNodes: members is not null);
    }

    /// <summary>A node is known by another address too: the next revision.</summary>
    public void AdvanceAddresses()
    {
        Topology.Advance();
        Publish(withNodes: true);
    }

    public ValueTask DisposeAsync() => new(StopAsync(clean: true));

    public async Task StopAsync(bool clean)
    {
        await _stop.CancelAsync();
        await _changing.WaitAsync();
        try
        {
            if (_stopped)
                return;
            _stopped = true;
            await Task.WhenAll(Topology.Members.Select(member => member.StopAsync(clean)));
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var kept = _file?.Read(Settings.VBuckets);
        var first = NewNode(kept?.Nodes[0] ?? 0);
        Topology.Begin([first], VBucketLayout.Create(Settings.VBuckets, [first.Id], Options.Replicas), revision: 1);
        var uuid = first.Open()?.Uuid;
        // a folder from before there were several nodes holds one
        var nodes = kept?.Nodes ?? [.. Enumerable.Range(0, uuid is null ? Options.Nodes : 1)];
        var layout = kept?.Layout.WithReplicas(Options.Replicas) ?? VBucketLayout.Create(Settings.VBuckets, nodes, Options.Replicas);
        ImmutableArray<ProducerNode> members = [first, .. nodes.Skip(1).Select(id => NewNode(id))];
        _nextNode = kept?.NextNode ?? members.Length;
        Topology.Begin(members, layout, (kept?.Revision ?? 0) + 1);
        foreach (var member in members.Skip(1))
            uuid = member.Open()?.Uuid ?? uuid;
        uuid ??= Guid.NewGuid().ToString("N");
        foreach (var member in members)
            member.Fill(uuid, vbucket => layout.RoleOf(member.Id, vbucket));
        _bucket = new Bucket(Settings, uuid, this);
        Settings.Collections.Changed += () => Advance();
        foreach (var member in members)
            await member.StartAsync(cancellationToken);
        TellChains();
        FollowAll();
        Publish();
    }

    private ProducerNode NewNode(int id) => new(this, id, NodeAddresses.Of(Options, _address, id), FolderOf(id));

    /// <summary>The first node's is the data folder itself, as it is for one node alone.</summary>
    private string? FolderOf(int id) => Options.DataDirectory is not { } folder ? null
        : id == 0 ? folder
        : Path.Combine(folder, $"node{id}");

    private void FollowAll()
    {
        foreach (var member in Topology.Members)
            member.Follow();
    }

    /// <summary>Keeps the layout where there is a folder, and pushes the map to the clients that asked for it; that of the nodes alone when they are others.</summary>
    private void Publish(bool withNodes = false)
    {
        _file?.Write(Topology, _nextNode);
        foreach (var member in Topology.Members)
            if (member.Services is { } services)
                MapNotification.Push(services, withNodes);
    }
}
