namespace ActorDcp.Producer.Dcp;

/// <summary>Counts changes that a filter leaves out, up to a limit; 0 counts nothing.</summary>
internal struct LeftOutCount(int limit)
{
    private int _count;

    public readonly bool IsCounted => limit > 0;

    /// <summary>One more. True when the limit is reached, and counting begins anew.</summary>
    public bool Add()
    {
        if (++_count < limit)
            return false;
        _count = 0;
        return true;
    }
}
