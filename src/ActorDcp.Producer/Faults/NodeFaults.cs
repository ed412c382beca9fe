using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Faults;

/// <summary>
/// What can go wrong at one node, on demand. Faults outlive a restart of the node; <see cref="Clear"/> ends them all. Every member is
/// safe to call from any thread. What happens to a vbucket's history is asked of <see cref="EmbeddedProducer"/>.
/// </summary>
public sealed class NodeFaults
{
    private readonly ProducerNode _node;

    internal NodeFaults(ProducerNode node) => _node = node;

    /// <summary>What is in force or waiting.</summary>
    public NodeFaultsReport Report => Plan.Report();

    internal FaultPlan Plan { get; } = new();

    /// <summary>Answers the next requests of clients on a selected bucket with a status instead of serving them.</summary>
    /// <param name="status">What to answer, <see cref="Status.TemporaryFailure"/> or any other.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="opcode">Only requests of this kind; null for any but BUFFER_ACK.</param>
    public void AnswerNext(Status status, int count = 1, Opcode? opcode = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Plan.AnswerNext(status, count, opcode);
    }

    /// <summary>Stops sending stream messages on all connections. No-ops and answers go on.</summary>
    public void StallDelivery() => Plan.IsStalled = true;

    /// <summary>Ends <see cref="StallDelivery"/>.</summary>
    public void ResumeDelivery()
    {
        Plan.IsStalled = false;
        foreach (var connection in _node.Services?.Connections.All ?? [])
            connection.Wake();
    }

    /// <summary>Cuts every connection at once. Returns how many.</summary>
    public int DropConnections() => _node.DropConnections();

    /// <summary>
    /// Cuts DCP connections in the middle of what they are sent: each cut goes to the next connection that sends something, which is
    /// closed once it has sent so many bytes more, be it within a frame.
    /// </summary>
    /// <param name="afterBytes">Bytes that still arrive; 0 for none.</param>
    /// <param name="connections">How many connections.</param>
    public void CutConnections(long afterBytes, int connections = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(connections);
        Plan.CutConnections(afterBytes, connections);
    }

    /// <summary>Sends no-ops later than asked for, by so much; <see cref="TimeSpan.Zero"/> ends that.</summary>
    public void DelayNoops(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Plan.NoopDelay = by;
    }

    /// <summary>Sends no no-ops, or sends them again.</summary>
    public void DropNoops(bool drop = true) => Plan.DropsNoops = drop;

    /// <summary>The next snapshot marker is delivered, and then the node dies, as it would if its process were killed.</summary>
    /// <param name="vbucket">Only a marker of this vbucket; null for any.</param>
    public void DieAfterMarker(VBucketId? vbucket = null) => Plan.DieAfterMarker(vbucket);

    /// <summary>
    /// Makes every write to disk wait first, so that what is persisted lags, and every read: of a backfill before each few thousand
    /// changes, of a document that has not been used since the start before it is found. <see cref="TimeSpan.Zero"/> ends that, also
    /// for those that wait.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node keeps nothing on disk: set <see cref="EmbeddedProducerOptions.DataDirectory"/>.</exception>
    public void SlowDisk(TimeSpan perAccess)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perAccess, TimeSpan.Zero);
        if (!_node.HasDisk)
            throw new InvalidOperationException($"{_node} keeps nothing on disk: set {nameof(EmbeddedProducerOptions.DataDirectory)} (--data)");
        Plan.DiskDelay = perAccess;
    }

    /// <summary>Ends all faults of this node, also those that wait for their moment.</summary>
    public void Clear()
    {
        Plan.Clear();
        ResumeDelivery();
    }
}
