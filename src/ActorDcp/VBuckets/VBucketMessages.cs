using ActorDcp.Serialization;
using ActorDcp.VBuckets.State;

namespace ActorDcp.VBuckets;

/// <summary>What a vbucket's actor is told and asked from anywhere in the cluster, and its answers.</summary>
internal static class VBucketMessages
{
    /// <summary>Names the vbucket it is for or from; the shard region routes by it.</summary>
    public interface IVBucketMessage : IActorDcpMessage
    {
        VBucketId VBucket { get; }
    }

    public interface ICommand : IVBucketMessage;

    public interface IQuery : IVBucketMessage;

    public interface IReply : IVBucketMessage;

    /// <summary>Does nothing to a vbucket that runs and starts one that does not.</summary>
    public sealed record EnsureRunning(VBucketId VBucket) : ICommand;

    /// <summary>Hand what is in work to its end, store the position, stop: the stop message of a hand-off.</summary>
    public sealed record Drain : IActorDcpMessage
    {
        private Drain()
        {
        }

        public static Drain Instance { get; } = new();
    }

    /// <summary>Deliver nothing until resumed; durable.</summary>
    public sealed record Pause(VBucketId VBucket, string Reason) : ICommand;

    public sealed record Resume(VBucketId VBucket) : ICommand;

    /// <summary>Go back, or on to now. A dry run only says what would be delivered again.</summary>
    public sealed record Rewind(VBucketId VBucket, RewindTarget To, bool DryRun) : ICommand;

    /// <summary>Go on from an exported position, only while paused. Answered as a rewind is. A dry run only says whether it would be done.</summary>
    public sealed record SetOffset(VBucketId VBucket, StreamOffset Offset, bool DryRun) : ICommand;

    public sealed record GetHistory(VBucketId VBucket) : IQuery;

    /// <summary>The pause is durable.</summary>
    public sealed record PauseAccepted(VBucketId VBucket) : IReply;

    /// <summary>That it goes on is durable.</summary>
    public sealed record ResumeAccepted(VBucketId VBucket) : IReply;

    /// <summary>Delivery resumes, or on a dry run would resume, above <paramref name="To"/>; it had come to <paramref name="From"/>.</summary>
    public sealed record RewindAccepted(VBucketId VBucket, Seqno From, Seqno To, bool DryRun) : IReply;

    /// <summary>Nothing was done.</summary>
    public sealed record CommandRejected(VBucketId VBucket, RejectionKind Kind, string Reason) : IReply;

    public sealed record HistoryReply(VBucketId VBucket, VBucketHistory History) : IReply;
}

/// <summary>Why a command was not followed.</summary>
internal enum RejectionKind
{
    /// <summary>The vbucket's state forbids it.</summary>
    Conflict = 0,
    /// <summary>Not now: it moves, or the database is away.</summary>
    Unavailable = 1,
}

/// <summary>Where a rewind goes.</summary>
internal readonly record struct RewindTarget
{
    private RewindTarget(RewindKind kind, Seqno seqno)
    {
        Kind = kind;
        Seqno = seqno;
    }

    public RewindKind Kind { get; }

    /// <summary>Counts with <see cref="RewindKind.Seqno"/> only.</summary>
    public Seqno Seqno { get; }

    public static RewindTarget Beginning => default;

    public static RewindTarget Now => new(RewindKind.Now, Seqno.Zero);

    public static RewindTarget To(Seqno seqno) => new(RewindKind.Seqno, seqno);
}

/// <summary>Kinds of rewind.</summary>
internal enum RewindKind
{
    Beginning = 0,
    Now = 1,
    Seqno = 2,
}
