namespace ActorDcp.Host.Doctor;

/// <summary>How well something is.</summary>
internal enum FindingState
{
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>Works, with less than a newer server or a larger role would give.</summary>
    Note,
    /// <summary>Works, and somebody should look at it.</summary>
    Warning,
    /// <summary>Does not work.</summary>
    Broken,
}
