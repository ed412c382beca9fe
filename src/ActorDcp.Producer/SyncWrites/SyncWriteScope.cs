namespace ActorDcp.Producer.SyncWrites;

/// <summary>
/// Makes the one data operation that this thread does until disposal a durable one. Data operations are the same whether durable
/// or not; only where a vbucket would apply their change it prepares it instead.
/// </summary>
internal readonly ref struct SyncWriteScope
{
    [ThreadStatic]
    private static SyncWriteRequest? _current;

    private readonly SyncWriteRequest? _outer;

    /// <param name="request">Null for an ordinary operation.</param>
    public SyncWriteScope(SyncWriteRequest? request)
    {
        _outer = _current;
        _current = request;
    }

    public static SyncWriteRequest? Current => _current;

    public void Dispose() => _current = _outer;
}
