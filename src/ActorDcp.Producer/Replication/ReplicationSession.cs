using System.Buffers;
using System.Collections.Immutable;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Dcp;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;
using ActorDcp.Protocol.Requests;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Producer.Replication;

/// <summary>
/// A DCP connection from one node to another that feeds copies of vbuckets: asks for a stream each, follows rollback, applies what
/// comes, and acknowledges it. Safe to use from any thread.
/// </summary>
internal sealed partial class ReplicationSession : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(2 * ReplicationHandshake.NoopIntervalSeconds);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan PersistencePoll = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ReplicationSocket _socket;
    private readonly ProducerNode _self;
    private readonly TimeProvider _time;
    private readonly Dictionary<uint, ReplicaStream> _byOpaque = [];
    private readonly Dictionary<VBucketId, ReplicaStream> _byVBucket = [];
    private ImmutableHashSet<VBucketId> _wanted = [];
    private uint _lastOpaque = 0x1000;
    private long _unacknowledged;
    private bool _closed;
    private bool _retryIsDue;
    private bool _looksAgain;

    private ReplicationSession(ReplicationSocket socket, ProducerNode self, TimeProvider time)
    {
        _socket = socket;
        _self = self;
        _time = time;
    }

    public static async Task<ReplicationSession> ConnectAsync(
        ProducerNode source, ProducerNode self, ProducerCluster cluster, CancellationToken cancellationToken)
    {
        var time = cluster.Options.TimeProvider;
        using var deadline = new CancellationTokenSource(HandshakeTime, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var socket = await ReplicationSocket.ConnectAsync(ProducerCluster.LocalAddressOf(source), linked.Token);
        try
        {
            await ReplicationHandshake.RunAsync(socket, source, self, cluster, linked.Token);
            return new ReplicationSession(socket, self, time);
        }
        catch
        {
            await socket.DisposeAsync();
            throw;
        }
    }

    /// <summary>Feeds these vbuckets and no others. When this returns, no other copy is touched any more.</summary>
    public void Feed(ImmutableHashSet<VBucketId> wanted)
    {
        lock (_gate)
        {
            _wanted = wanted;
            Adjust();
        }
    }

    /// <summary>Receives until the connection ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = _socket.SendAsync(stop.Token);
        var receiving = ReceiveAsync(stop.Token);
        await Task.WhenAny(sending, receiving);
        await stop.CancelAsync();
        await Task.WhenAll(receiving, sending);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var stream in _byVBucket.Values.ToList())
                Forget(stream);
        }
        await _stop.CancelAsync();
        _stop.Dispose();
        await _socket.DisposeAsync();
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _socket.ReceiveAsync(Handle, cancellationToken).WaitAsync(DeadAfter, _time, cancellationToken);
            AcknowledgeBytes();
            AcknowledgePrepares();
        }
    }

    private void Handle(in Frame frame)
    {
        lock (_gate)
        {
            _unacknowledged += FlowControlCharge.Of(frame.Header);
            if (frame.Header.IsServerInitiated)
                return;
            if (frame.Header.Opcode == Opcode.DcpNoop && frame.Header.IsRequest)
            {
                var opaque = frame.Header.Opaque;
                _socket.Write(to => DcpRequests.WriteNoopReply(to, opaque));
            }
            else if (_byOpaque.TryGetValue(frame.Header.Opaque, out var stream))
            {
                if (frame.Header.IsResponse)
                    HandleAnswer(stream, frame);
                else
                    HandleMessage(stream, frame);
            }
        }
    }

    private void HandleAnswer(ReplicaStream stream, in Frame frame)
    {
        if (frame.Header.Opcode != Opcode.DcpStreamReq)
            return;
        switch (frame.Header.Status)
        {
            case Status.Success:
                stream.Copy.ReceiveLog(FailoverLogResponse.Read(frame));
                break;
            case Status.Rollback:
                Remove(stream);
                stream.Copy.RollBackTo(RollbackResponse.Read(frame).Value);
                Request(stream.Copy, stream.TakeOver);
                break;
            default:
                // the vbucket is on its way, or the node is busy
                stream.TakeOver?.Fail($"the request was answered with {frame.Header.Status}");
                Forget(stream);
                RetrySoon();
                break;
        }
    }

    private void HandleMessage(ReplicaStream stream, in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.DcpSnapshotMarker:
                ReceiveMarker(stream, SnapshotMarkerMessage.Read(frame));
                break;
            case Opcode.DcpSetVBucketState:
                HandleState(stream, frame);
                break;
            case Opcode.DcpSeqnoAdvanced:
                stream.Copy.ReceiveSeqnoAdvanced(SeqnoAdvancedMessage.Read(frame).Seqno.Value);
                break;
            case Opcode.DcpPrepare:
                stream.Copy.ReceivePrepare(ReplicaItem.ReadPrepare(frame));
                break;
            case Opcode.DcpCommit:
                var commit = CommitMessage.Read(frame);
                stream.Copy.ReceiveCommit(commit.PreparedSeqno.Value, commit.Seqno.Value);
                break;
            case Opcode.DcpAbort:
                var abort = AbortMessage.Read(frame);
                stream.Copy.ReceiveAbort(frame.Key, abort.PreparedSeqno.Value, abort.Seqno.Value);
                break;
            case Opcode.DcpStreamEnd:
                Forget(stream);
                RetrySoon();
                break;
            default:
                if (ReplicaItem.TryRead(frame) is { } item)
                    stream.Copy.Receive(item);
                break;
        }
        ReplyToMarkerIfWhole(stream);
    }

    private static void ReceiveMarker(ReplicaStream stream, SnapshotMarker marker)
    {
        var flags = (MarkerFlags)marker.Flags;
        stream.SnapshotEnd = marker.Snapshot.End.Value;
        stream.OwesMarkerReply = (flags & MarkerFlags.Acknowledge) != 0;
        stream.Copy.ReceiveMarker(marker.Snapshot.Start.Value, marker.Snapshot.End.Value, flags, marker.HighCompletedSeqno.Value);
        stream.Copy.ReceivePurgeSeqno(marker.PurgeSeqno.Value);
    }

    /// <summary>Half a window at a time, so that the two nodes never wait for each other (dcp-reference.md 4.1).</summary>
    private void AcknowledgeBytes()
    {
        lock (_gate)
        {
            if (_unacknowledged < ReplicationHandshake.Window / 2)
                return;
            var bytes = (uint)_unacknowledged;
            _unacknowledged = 0;
            _socket.Write(to => DcpRequests.WriteBufferAck(to, bytes));
        }
    }

    /// <summary>Tells the active copies which prepares are here. Those that must be persisted first are looked at again soon.</summary>
    private void AcknowledgePrepares()
    {
        lock (_gate)
        {
            _looksAgain = false;
            if (_closed)
                return;
            foreach (var stream in _byVBucket.Values.Where(stream => stream.Copy.HasSyncWrites))
            {
                if (stream.Copy.PreparedToAcknowledge is var prepared && prepared > stream.AcknowledgedPrepare)
                {
                    stream.AcknowledgedPrepare = prepared;
                    _socket.Write(to => DcpRequests.WriteSeqnoAcknowledged(to, stream.Copy.Id, stream.Opaque, new Seqno(prepared)));
                }
                _looksAgain |= stream.Copy.HasPendingSyncWrites;
            }
            if (_looksAgain)
                _ = LookAgainAsync();
        }
    }

    private async Task LookAgainAsync()
    {
        await Task.Delay(PersistencePoll, _time);
        lock (_gate)
            if (!_looksAgain)
                return;
        AcknowledgePrepares();
    }

    private void Adjust()
    {
        if (_closed)
            return;
        foreach (var stream in _byVBucket.Values.Where(stream => !IsStillFed(stream)).ToList())
            Close(stream);
        foreach (var vbucket in _wanted)
            if (!_byVBucket.ContainsKey(vbucket) && _self.Bucket.TryFind(vbucket) is { } copy)
                Request(copy);
    }

    private void Close(ReplicaStream stream)
    {
        Forget(stream);
        var opaque = ++_lastOpaque;
        _socket.Write(to => DcpRequests.WriteCloseStream(to, stream.Copy.Id, opaque));
    }

    /// <summary>A copy that has taken over is fed no more, but its sender has yet to say that this is the end.</summary>
    private bool IsStillFed(ReplicaStream stream) =>
        (_wanted.Contains(stream.Copy.Id) || stream is { TakeOver: not null, Copy.State: VBucketState.Active })
        && ReferenceEquals(_self.Bucket.TryFind(stream.Copy.Id), stream.Copy);

    private void Request(VBucket copy, TakeOver? takeOver = null)
    {
        if (copy.State is not (VBucketState.Replica or VBucketState.Pending))
            return;
        var stream = new ReplicaStream(copy, ++_lastOpaque, takeOver);
        _byOpaque.Add(stream.Opaque, stream);
        _byVBucket[copy.Id] = stream;
        var from = copy.ReceivedPosition;
        _socket.Write(to => DcpRequests.WriteStreamReq(
            to, copy.Id, stream.Opaque, (uint)(takeOver is null ? StreamFlags.ActiveVBucketOnly : StreamFlags.TakeOver), new Seqno(from.Seqno), Seqno.Max, from.Uuid,
            new StreamSnapshot(new Seqno(from.SnapshotStart), new Seqno(from.SnapshotEnd))));
    }

    /// <summary>What comes for it is nobody's any more; a takeover has ended by it, well or not.</summary>
    private void Forget(ReplicaStream stream)
    {
        Remove(stream);
        if (stream.Copy.State == VBucketState.Active)
            stream.TakeOver?.Succeed();
        else
            stream.TakeOver?.Fail("the stream ended before the copy was active");
    }

    private void Remove(ReplicaStream stream)
    {
        _byOpaque.Remove(stream.Opaque);
        if (_byVBucket.TryGetValue(stream.Copy.Id, out var current) && ReferenceEquals(current, stream))
            _byVBucket.Remove(stream.Copy.Id);
    }

    private void RetrySoon()
    {
        if (_retryIsDue)
            return;
        _retryIsDue = true;
        _ = RetryAsync();
    }

    private async Task RetryAsync()
    {
        await Task.Delay(RetryDelay * (0.5 + Random.Shared.NextDouble()), _time);
        lock (_gate)
        {
            _retryIsDue = false;
            Adjust();
        }
    }
}
