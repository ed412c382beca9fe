namespace ActorDcp;

/// <summary>What a batch holds of others' memory and window. Given back exactly once, by either method, on any thread.</summary>
internal interface IDcpBatchLease
{
    /// <summary>Bytes of the window or of the parked budget.</summary>
    long Charge => 0;

    /// <summary>Gives back memory and window.</summary>
    void Release();

    /// <summary>Gives back the window only: somebody may still read the memory, so it is left to the garbage collector.</summary>
    void Abandon() => Release();
}
