using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>What is known of a vbucket and of the change that is about to be made there.</summary>
/// <param name="Cas">The cas that the change will have.</param>
/// <param name="Seqno">Its seqno.</param>
/// <param name="Uuid">The branch.</param>
/// <param name="Now">Unix seconds.</param>
internal readonly record struct ChangeFacts(ulong Cas, ulong Seqno, VBucketUuid Uuid, uint Now)
{
    /// <summary>Whether who asks may know of attributes of the system.</summary>
    public bool ShowsSystemXattrs { get; init; } = true;
}
