namespace ActorDcp.Benchmarks.Producer;

/// <summary>What a reader read, and how long that took from its first byte.</summary>
internal readonly record struct Reading(long Events, long Bytes, double Seconds)
{
    public double BytesASecond => Bytes / Seconds;
}
