namespace ActorDcp.Handlers;

/// <summary>What becomes of events that a handler could not handle after all retries.</summary>
public enum HandlerErrorAction
{
    /// <summary>The vbucket pauses until an operator resumes it; the others go on. Nothing is lost.</summary>
    Pause,
    /// <summary>The events that fail on their own are left out, counted and logged by seqno.</summary>
    Skip,
}
