namespace ActorDcp.Producer.Tests.Captures;

/// <summary>How a field may differ from the recorded one.</summary>
internal enum DifferenceKind
{
    /// <summary>Both have it, whatever it is.</summary>
    Any,
    /// <summary>Both have it, and in one capture the same value there is always the same one here, and no other's.</summary>
    Renamed,
    /// <summary>Both have a number, and those are near each other.</summary>
    Near,
    /// <summary>The producer does not have it.</summary>
    Absent,
}
