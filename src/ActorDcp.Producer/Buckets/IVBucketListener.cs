namespace ActorDcp.Producer.Buckets;

/// <summary>A stream as its vbucket sees it. Called under the vbucket's lock: must not block nor take other locks.</summary>
internal interface IVBucketListener
{
    void OnChanged();

    void OnEnded(StreamEndReason reason);
}
