namespace ActorDcp.Hosting;

/// <summary>What a member does that the others took for dead, once it finds out.</summary>
public enum RemovedMemberAction
{
    /// <summary>Joins again by itself.</summary>
    Rejoin = 0,

    /// <summary>Ends with exit code 1, for whoever watches the process to decide.</summary>
    Exit = 1,
}
