using System.Collections.Frozen;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>
/// What each status of dcp-reference.md 1.10 means to a consumer, by the attributes of the server's error map there and the
/// consumer's reactions of 3.3. The only such list: whoever meets a status asks here. What is not listed goes by the attributes that
/// the node itself gives it (2.9).
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

    private const string LookIfItLasts = "look at the node's log if it lasts";

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
        [Status.InternalError] = Passes(LookIfItLasts),
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

    /// <summary>
    /// The meaning of a status. One that the reference does not know goes by what the node's error map says of it; one that the map
    /// does not explain either, or that only answers operations on documents, needs somebody to look.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="explanation">What the error map of the node that answered says of it; null where it says nothing.</param>
    public static StatusMeaning Of(Status status, ErrorDescription? explanation = null)
    {
        if (All.TryGetValue(status, out var meaning))
            return meaning;
        if (Enum.IsDefined(status))
            return For(OtherRequests);
        return explanation is null
            ? For("neither this client nor the node's error map explains that status: look at the node's log")
            : ByAttributes(explanation.Attributes);
    }

    // the order is that of what a consumer can do: what ends the connection ends it also where it passes by itself
    private static StatusMeaning ByAttributes(ErrorAttributes attributes)
    {
        if (Has(ErrorAttributes.NoRetry))
            return For("the node says that asking again is useless: look at its log");
        if (Has(ErrorAttributes.Auth))
            return new(StatusCourse.NewLogin, "check user and password, and that the user exists on this cluster");
        if (Has(ErrorAttributes.FetchConfig))
            return new(StatusCourse.NewMap, "");
        if (Has(ErrorAttributes.ConnectionStateInvalidated))
            return new(StatusCourse.NewConnection, LookIfItLasts);
        if (Has(ErrorAttributes.Temporary | ErrorAttributes.RetryNow | ErrorAttributes.RetryLater | ErrorAttributes.RateLimit | ErrorAttributes.ItemLocked))
            return Passes(LookIfItLasts);
        if (Has(ErrorAttributes.ItemOnly | ErrorAttributes.ItemDeleted | ErrorAttributes.Subdoc | ErrorAttributes.SystemConstraint))
            return For(OtherRequests);
        if (Has(ErrorAttributes.InvalidInput | ErrorAttributes.Support))
            return For(LeaveOut);
        // a fault of the node's that the next try may not meet
        return Has(ErrorAttributes.Internal)
            ? Passes(LookIfItLasts)
            : For("this client does not know what that status asks of it: look at the node's log, and for a newer version");

        bool Has(ErrorAttributes any) => (attributes & any) != 0;
    }

    private static StatusMeaning Passes(string mend = "") => new(StatusCourse.PassesByItself, mend);

    private static StatusMeaning For(string mend) => new(StatusCourse.Mend, mend);
}
