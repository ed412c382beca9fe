namespace ActorDcp.Producer.Tests;

internal sealed record RecordedVBucket(FailoverLog Log, ulong HighSeqno, ulong PurgeSeqno);
