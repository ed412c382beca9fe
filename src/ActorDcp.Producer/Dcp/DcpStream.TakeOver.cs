using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// A stream that moves the vbucket to its consumer (dcp-reference.md 3.17, 4.6). All is sent, and each snapshot acknowledged; the
/// consumer is told to be pending; this copy dies, and what came meanwhile is sent; the consumer is told to be active; the end.
/// </summary>
internal sealed partial class DcpStream
{
    /// <summary>So long the consumer may run after changes before they are held back for it (5.8).</summary>
    private static readonly TimeSpan LongestChase = TimeSpan.FromSeconds(60);

    private TakeOverPhase _takeOver;
    private int _unacknowledgedMarkers;
    private long _takeOverSince;
    private bool _holdsChangesBack;

    private enum TakeOverPhase
    {
        None,
        Sending,
        AwaitsPending,
        SendingRest,
        AwaitsActive,
    }

    public bool IsTakeOver => _takeOver != TakeOverPhase.None;

    /// <summary>Whether the consumer must answer before it is sent more.</summary>
    public bool AwaitsState => _takeOver is TakeOverPhase.AwaitsPending or TakeOverPhase.AwaitsActive;

    private void BeginTakeOver()
    {
        _takeOver = TakeOverPhase.Sending;
        _takeOverSince = _session.Time.GetTimestamp();
    }

    /// <summary>A snapshot that the consumer must acknowledge; those of backfills it need not.</summary>
    private MarkerFlags CountMarkerToAcknowledge()
    {
        if (!IsTakeOver)
            return MarkerFlags.None;
        _unacknowledgedMarkers++;
        if (_takeOver == TakeOverPhase.Sending && !_holdsChangesBack && _session.Time.GetElapsedTime(_takeOverSince) > LongestChase)
        {
            _holdsChangesBack = true;
            _vbucket.Freeze();
        }
        return MarkerFlags.Acknowledge;
    }

    /// <summary>Tells the consumer its next state once it has all, and has said so.</summary>
    private bool TryWriteState(OutputBuffer output)
    {
        if (_takeOver is not (TakeOverPhase.Sending or TakeOverPhase.SendingRest) || _unacknowledgedMarkers > 0 || _position < _vbucket.HighSeqno)
            return false;
        var isFirst = _takeOver == TakeOverPhase.Sending;
        _takeOver = isFirst ? TakeOverPhase.AwaitsPending : TakeOverPhase.AwaitsActive;
        DcpMessages.WriteVBucketState(output, Address, isFirst ? VBucketState.Pending : VBucketState.Active);
        return true;
    }

    /// <summary>The consumer has a snapshot whole.</summary>
    public void OnMarkerAcknowledged()
    {
        if (_unacknowledgedMarkers == 0)
            return;
        _unacknowledgedMarkers--;
        _session.Notify(this);
    }

    /// <summary>The consumer has taken the state that it was told.</summary>
    /// <returns>Whether the vbucket has no active copy now that any map will tell of.</returns>
    public bool OnStateTaken()
    {
        var isGone = false;
        if (AwaitsState)
            _session.Log.TakeOverAnswered(_session.Name, Address.VBucket, _takeOver == TakeOverPhase.AwaitsPending ? VBucketState.Pending : VBucketState.Active);
        if (_takeOver == TakeOverPhase.AwaitsPending)
        {
            _takeOver = TakeOverPhase.SendingRest;
            isGone = _vbucket.HandOver();
            _session.Notify(this);
        }
        else if (_takeOver == TakeOverPhase.AwaitsActive)
        {
            OnEnded(StreamEndReason.Ok);
        }
        return isGone;
    }

    private void EndTakeOver()
    {
        if (!_holdsChangesBack)
            return;
        _holdsChangesBack = false;
        _vbucket.Thaw();
    }
}
