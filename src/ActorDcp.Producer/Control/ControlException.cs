namespace ActorDcp.Producer.Control;

/// <summary>A request of the control API that cannot be done: what is wrong, and how to mend it.</summary>
internal sealed class ControlException(int status, string error, string mend) : Exception(error)
{
    public int Status => status;

    public string Mend => mend;
}
