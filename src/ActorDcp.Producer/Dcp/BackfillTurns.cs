namespace ActorDcp.Producer.Dcp;

/// <summary>
/// How many streams of a connection may read from disk at a time: one after the other where that was asked for, else 64
/// (dcp-reference.md 3.2, 5.8). The rest wait in line. Guarded by the connection's gate.
/// </summary>
internal sealed class BackfillTurns
{
    private const int MostAtOnce = 64;
    private readonly HashSet<DcpStream> _running = [];
    private readonly List<DcpStream> _waiting = [];

    public bool IsSequential { get; set; }

    public int RunningCount => _running.Count;

    public int WaitingCount => _waiting.Count;

    /// <summary>Takes a turn, or a place in the line.</summary>
    public bool TryTake(DcpStream stream)
    {
        if (_running.Contains(stream))
            return true;
        if (_running.Count < (IsSequential ? 1 : MostAtOnce) && (_waiting.Count == 0 || _waiting[0] == stream))
        {
            _waiting.Remove(stream);
            _running.Add(stream);
            return true;
        }
        if (!_waiting.Contains(stream))
            _waiting.Add(stream);
        return false;
    }

    /// <summary>A stream reads from disk no more. Returns the one whose turn it is now.</summary>
    public DcpStream? Leave(DcpStream stream)
    {
        _waiting.Remove(stream);
        return _running.Remove(stream) ? _waiting.FirstOrDefault() : null;
    }
}
