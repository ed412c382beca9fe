namespace ActorDcp.Producer.Buckets;

/// <summary>A stream as its vbucket sees it. Called under the vbucket's lock: must not block nor take other locks.</summary>
internal interface IVBucketListener
{
    void OnChanged();

    void OnEnded(StreamEndReason reason);

    /// <summary>The branches of the copy that feeds this one were taken over; what is here up to the high seqno is of them too.</summary>
    void OnBranchesReceived(VBucketUuid newest, ulong highSeqno)
    {
    }
}
