namespace ActorDcp.Abstractions.Tests;

/// <summary>Counts how often it was given back.</summary>
internal sealed class RecordingLease : IDcpBatchLease
{
    public int Releases { get; private set; }

    public void Release() => Releases++;
}
