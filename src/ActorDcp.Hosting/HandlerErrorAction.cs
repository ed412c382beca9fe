namespace ActorDcp.Hosting;

/// <summary>What happens when a batch still fails after its retries.</summary>
public enum HandlerErrorAction
{
    /// <summary>The vbucket pauses until an operator resumes it; the others go on.</summary>
    Pause,
    /// <summary>The event that fails is skipped, logged and counted.</summary>
    Skip,
}
