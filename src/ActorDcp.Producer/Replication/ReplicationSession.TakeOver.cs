using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Producer.Replication;

/// <summary>How a copy takes over (dcp-reference.md 3.8, 3.17): it acknowledges snapshots, and takes the states that it is told.</summary>
internal sealed partial class ReplicationSession
{
    /// <summary>Lets a copy take over, in place of being fed.</summary>
    public void TakeOver(VBucket copy, TakeOver takeOver)
    {
        lock (_gate)
        {
            if (_closed)
            {
                takeOver.Fail("the connection was closed");
                return;
            }
            if (_byVBucket.TryGetValue(copy.Id, out var fed))
                Close(fed);
            Request(copy, takeOver);
        }
    }

    private void ReplyToMarkerIfWhole(ReplicaStream stream)
    {
        if (!stream.OwesMarkerReply || stream.Copy.HighSeqno < stream.SnapshotEnd)
            return;
        stream.OwesMarkerReply = false;
        _socket.Write(to => DcpRequests.WriteSnapshotMarkerReply(to, stream.Opaque));
    }

    /// <summary>SET_VBUCKET_STATE: extras @0 u8 state.</summary>
    private void HandleState(ReplicaStream stream, in Frame frame)
    {
        switch (frame.Extras)
        {
            case [(byte)VBucketState.Pending] when stream.TakeOver is not null:
                stream.Copy.ChangeState(VBucketState.Pending);
                Reply(stream, Status.Success);
                break;
            case [(byte)VBucketState.Active] when stream.TakeOver is not null:
                _ = BecomeActiveAsync(stream, stream.TakeOver);
                break;
            default:
                Reply(stream, Status.InvalidArguments);
                break;
        }
    }

    /// <summary>Once it has said that it is active nobody else has what it has: all of it is durable before.</summary>
    private async Task BecomeActiveAsync(ReplicaStream stream, TakeOver takeOver)
    {
        try
        {
            await _self.FlushAsync(_stop.Token);
            lock (_gate)
            {
                if (!_byOpaque.ContainsKey(stream.Opaque))
                    return;
                takeOver.Decide();
                stream.Copy.Promote(takeover: true);
                Reply(stream, Status.Success);
            }
        }
        catch (Exception exception)
        {
            takeOver.Fail($"the copy cannot become active: {exception.Message}", exception);
        }
    }

    private void Reply(ReplicaStream stream, Status status) =>
        _socket.Write(to => FrameWriter.WriteResponse(to, Opcode.DcpSetVBucketState, status, stream.Opaque));
}
