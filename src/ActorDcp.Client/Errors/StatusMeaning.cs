using System.Collections.Frozen;
using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>
/// What each status of dcp-reference.md 1.10 means to a consumer, by the attributes of the server's error map there and the
/// consumer's reactions of 3.3. The only such list: whoever meets a status asks here.
/// </summary>
/// <param name="Course">What is done about it.</param>
/// <param name="Mend">What somebody can do about it, to follow the refusal; empty where there is nothing to do but wait.</param>
public sealed record StatusMeaning(StatusCourse Course, string Mend)
{
    /// <summary>The role that streaming needs, as Couchbase's console calls it.</summary>
    public const string Role = "Data DCP Reader";

    private const string GiveRole = $"give the user the role {Role} on this bucket, for all of the collections that are streamed";
    private const string OtherRequests = "it answers requests that a consumer never makes: look at the node's log";
    private const string LeaveOut = "this server cannot do what was asked for, or not together: leave special stream options out";

    private static readonly FrozenDictionary<Status, StatusMeaning> All = new Dictionary<Status, StatusMeaning>
    {
        [Status.Success] = Accepted,
        [Status.AuthContinue] = Accepted,
        [Status.RangeScanCancelled] = Accepted,
        [Status.RangeScanMore] = Accepted,
        [Status.RangeScanComplete] = Accepted,
        [Status.SubdocSuccessDeleted] = Accepted,

        // temp, retry-now, retry-later, rate-limit
        [Status.WouldThrottle] = Passes("raise the bucket's throttle limit if it lasts"),
        [Status.RateLimitedNetworkIngress] = Passes("raise the user's limits if it lasts"),
        [Status.RateLimitedNetworkEgress] = Passes("raise the user's limits if it lasts"),
        [Status.RateLimitedMaxCommands] = Passes("raise the user's limits if it lasts"),
        [Status.RateLimitedMaxConnections] = Passes("raise the limit of connections, or close some, if it lasts"),
        [Status.OutOfMemory] = Passes("the node is short of memory: raise the bucket's quota if it lasts"),
        [Status.Busy] = Passes(),
        [Status.TemporaryFailure] = Passes(),
        [Status.Cancelled] = Passes(),
        [Status.Locked] = Passes(),
        [Status.SyncWriteInProgress] = Passes(),
        [Status.SyncWriteReCommitInProgress] = Passes(),
        // a stream of the vbucket is open on the connection: it is closed before the next try, unless it is another of ours
        [Status.KeyExists] = Passes(),
        // ends when an operator resumes the bucket
        [Status.BucketPaused] = Passes("the bucket is hibernated: resume it"),
        // the node has started and was not told of its buckets yet
        [Status.NotInitialized] = Passes(),
        // a fault of the node's that the next try may not meet
        [Status.InternalError] = Passes("look at the node's log if it lasts"),
        [Status.DcpStreamNotFound] = Passes(),
        [Status.OpaqueNoMatch] = Passes(),

        // fetch-config
        [Status.NotMyVBucket] = new(StatusCourse.NewMap, ""),
        [Status.ConfigOnly] = new(StatusCourse.NewMap, ""),

        // conn-state-invalidated
        [Status.NoBucket] = new(StatusCourse.NewConnection, "the bucket was deleted if it lasts: check its name"),
        [Status.AuthStale] = new(StatusCourse.NewConnection, ""),
        [Status.AuthError] = new(StatusCourse.NewLogin, "check user and password, and that the user exists on this cluster"),

        [Status.Rollback] = new(StatusCourse.GoBack, ""),
        [Status.OutOfRange] = new(StatusCourse.GoBack, ""),
        [Status.UnknownCollection] = new(StatusCourse.NewFilter, "a collection of the filter was dropped, or the user may not see it: leave it out, create it again, or give the user a role on it"),
        [Status.UnknownScope] = new(StatusCourse.NewFilter, "the scope of the filter was dropped, or the user may not see it: name another, create it again, or give the user a role on it"),

        [Status.NoAccess] = For(GiveRole),
        [Status.NotSupported] = For(LeaveOut),
        [Status.InvalidArguments] = For("this server does not understand the request: leave special stream options out"),
        [Status.UnknownCommand] = For(LeaveOut),
        [Status.UnknownFrameInfo] = For(LeaveOut),
        [Status.DcpStreamIdInvalid] = For("the node counts streams otherwise than we do: leave stream ids out"),
        [Status.KeyNotFound] = For("what was named is not there: check the bucket's name"),
        // without HELO Xerror it also stands for too many connections (1.11)
        [Status.TooBig] = For("the request was too large, or the node has too many connections"),
        [Status.EncryptionKeyNotAvailable] = For("the node cannot decrypt its files: give it the bucket's encryption keys"),
        [Status.ChecksumMismatch] = For("the node's files are damaged: look at its log, and fail it over"),
        [Status.VbUuidNotEqual] = For(OtherRequests),
        [Status.CannotApplyCollectionsManifest] = For(OtherRequests),
        [Status.BucketSizeLimitExceeded] = For(OtherRequests),
        [Status.BucketResidentRatioTooLow] = For(OtherRequests),
        [Status.BucketDataSizeTooBig] = For(OtherRequests),
        [Status.BucketDiskSpaceTooLow] = For(OtherRequests),
    }.ToFrozenDictionary();

    /// <summary>Whether the same request is made again until it is granted, with backoff.</summary>
    public bool IsRetried => Course is StatusCourse.PassesByItself or StatusCourse.NewMap or StatusCourse.NewConnection;

    private static StatusMeaning Accepted => new(StatusCourse.Accepted, "");

    /// <summary>The meaning of a status; one that is not known, or only answers operations on documents, needs somebody to look.</summary>
    public static StatusMeaning Of(Status status) => All.TryGetValue(status, out var meaning)
        ? meaning
        : For(Enum.IsDefined(status) ? OtherRequests : "this client does not know that status: look at the node's log");

    private static StatusMeaning Passes(string mend = "") => new(StatusCourse.PassesByItself, mend);

    private static StatusMeaning For(string mend) => new(StatusCourse.Mend, mend);
}
