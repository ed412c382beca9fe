namespace ActorDcp.Streams;

/// <summary>
/// Answers for the one batch that a graph has taken and not yet given back, wherever in the graph it is, so that its lease ends
/// exactly once. The source tells what it took, the handler stage gives back, and closes when it stops. Used by the stages of one fused graph only, so from one thread at a time.
/// </summary>
internal sealed class BatchCustody
{
    private DcpBatch? _batch;
    private bool _withHandler;
    private bool _mayStillBeRead;
    private bool _closed;

    /// <summary>A batch came from the source.</summary>
    /// <returns>False when nobody wants it any more: it has been released.</returns>
    public bool Took(DcpBatch batch)
    {
        if (_closed)
        {
            batch.Release();
            return false;
        }
        if (_batch is not null)
            throw new InvalidOperationException("a graph has one batch at a time, and the last one was not given back");
        _batch = batch;
        _withHandler = false;
        _mayStillBeRead = false;
        return true;
    }

    /// <summary>The handler may read the batch from now on.</summary>
    public void HandedOver() => _withHandler = true;

    /// <summary>The handler said that it is done, or its actor is gone, in which case code of it may still read.</summary>
    public void CameBack(bool mayStillBeRead)
    {
        _withHandler = false;
        _mayStillBeRead |= mayStillBeRead;
    }

    /// <summary>Ends the lease of the batch, if there is one: released, or abandoned when somebody may still read it.</summary>
    public void GiveBack()
    {
        if (_batch is not { } batch)
            return;
        _batch = null;
        if (_withHandler || _mayStillBeRead)
            batch.Abandon();
        else
            batch.Release();
    }

    /// <summary>Nothing is handed over any more.</summary>
    public void Close()
    {
        _closed = true;
        GiveBack();
    }
}
