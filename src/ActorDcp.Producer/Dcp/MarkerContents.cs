namespace ActorDcp.Producer.Dcp;

internal readonly record struct MarkerContents(MarkerVersion Version, ulong Start, ulong End, MarkerFlags Flags, ulong PurgeSeqno);
