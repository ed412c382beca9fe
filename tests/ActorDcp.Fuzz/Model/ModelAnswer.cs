namespace ActorDcp.Fuzz.Model;

/// <summary>What a producer says to a stream request: a status and, with 0x23, where to go back to.</summary>
internal readonly record struct ModelAnswer(int Status, ulong RollbackTo = 0)
{
    internal const int RollbackStatus = 0x23;
    internal const int OutOfRangeStatus = 0x22;

    internal static ModelAnswer Accept { get; } = new(0);

    internal static ModelAnswer OutOfRange { get; } = new(OutOfRangeStatus);

    internal static ModelAnswer Rollback(ulong to) => new(RollbackStatus, to);

    internal bool IsAccept => Status == 0;

    internal bool IsRollback => Status == RollbackStatus;
}
