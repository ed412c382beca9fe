namespace ActorDcp.Fuzz.Model;

/// <summary>A mistake that a consumer could make, to see that the model would find it.</summary>
internal enum PlantedFault
{
    None,

    /// <summary>Names the producer's newest branch, whatever the position was read on.</summary>
    WrongUuid,

    /// <summary>Resumes at the seqno of a ROLLBACK instead of at a boundary below it.</summary>
    ResumeAtTheAnswer,

    /// <summary>Keeps positions within a snapshot as boundaries to go back to.</summary>
    BoundaryWithinSnapshot,

    /// <summary>Takes a marker for the snapshot of the position before an event of it came.</summary>
    MarkerAppliedEarly,

    /// <summary>Takes SEQNO_ADVANCED in the middle of a snapshot for its end.</summary>
    AdvancedTakenForTheEnd,

    /// <summary>Forgets, once resumed, that a longer snapshot was under way.</summary>
    ShorterSnapshotAfterResume,

    /// <summary>Does not tell the handler that a branch may have died while nobody looked.</summary>
    NoNoticeOfALostBranch,

    /// <summary>Forgets that events of an out-of-order snapshot that broke off were handled above the position.</summary>
    NoNoticeAfterABrokenOffSnapshot,

    /// <summary>Goes on after a rollback before the position is durable.</summary>
    NoCheckpointAtRollback,
}
