using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Changes that others wrote into a vbucket before or while a session was recorded.</summary>
/// <param name="Before">Index of the event before which they were there.</param>
/// <param name="VBucket">Where.</param>
/// <param name="Items">In seqno order.</param>
/// <param name="HighSeqno">The vbucket's high seqno with them.</param>
/// <param name="OnDisk">Whether they are read from disk.</param>
/// <param name="OpensCheckpoint">Whether they begin a checkpoint.</param>
internal sealed record RecordedBatch(
    int Before, int VBucket, IReadOnlyList<StoredItem> Items, ulong HighSeqno, bool OnDisk, bool OpensCheckpoint);
