using ActorDcp.Client;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Host.Doctor;

/// <summary>What a refusal means and what to do about it, in the words of this program's options.</summary>
internal static class Remedies
{
    private const string Older = "this server does not know it: what needs it stays off";

    private static readonly Dictionary<HelloFeature, string> Features = new()
    {
        [HelloFeature.Collections] = "only the default collection can be streamed: collections need Couchbase 7.0 or later",
        [HelloFeature.Snappy] = "values travel uncompressed: more bytes, nothing else",
        [HelloFeature.Xattr] = "extended attributes cannot be streamed",
        [HelloFeature.Xerror] = "refusals come without their reason, and some close the connection",
        [HelloFeature.Duplex] = "cluster maps are not pushed: moves are noticed by asking every few seconds",
        [HelloFeature.ClustermapChangeNotification] = "cluster maps are not pushed: moves are noticed by asking every few seconds",
        [HelloFeature.ClustermapChangeNotificationBrief] = "cluster maps are pushed whole: more bytes at each change",
        [HelloFeature.GetClusterConfigWithKnownVersion] = "the whole cluster map is read at each look",
        [HelloFeature.DedupeNotMyVbucketClustermap] = "the cluster map is repeated with each refusal",
        [HelloFeature.DcpSkipDeletesInInitialBackfill] = "first backfills bring deletions too",
    };

    private static readonly Dictionary<string, string> Controls = new()
    {
        [ControlKeys.MaxMarkerVersion] = "markers tell no purge seqno, as up to Couchbase 7.6: nothing to do",
        [ControlKeys.EnableOutOfOrderSnapshots] = "--oso has no effect here",
        [ControlKeys.ForceValueCompression] = "--compression forced has no effect here",
        [ControlKeys.ChangeStreams] = "history of documents cannot be streamed: it needs a Magma bucket of Couchbase 7.2 or later",
        [ControlKeys.EnableExpiryOpcode] = "expirations come as deletions",
        [ControlKeys.FlatbuffersSystemEvents] = "events of collections come in their older form: nothing to do",
        [ControlKeys.SupportsCursorDropping] = "a slow reader may hold the node's memory for longer",
    };

    public static string Of(HelloFeature feature) => Features.GetValueOrDefault(feature, Older);

    public static string OfControl(string key) => Controls.GetValueOrDefault(key, Older);

    /// <summary>Name of what failed, by the option to look at.</summary>
    public static string CheckOf(Exception fault, string otherwise) => fault is KvConfigurationException { Setting: { Length: > 0 } setting }
        ? setting.Split(':')[0] switch
        {
            "Tls" => "TLS",
            "Password" or "PasswordFile" or "Auth" => "login",
            "Bucket" => "bucket",
            _ => otherwise,
        }
        : otherwise;

    /// <summary>What a refusal means, and what to do.</summary>
    public static string Of(StatusMeaning meaning) => meaning switch
    {
        { IsRetried: true, Mend.Length: 0 } => "it passes by itself, and is tried again until then: look again in a minute",
        { IsRetried: true } => $"it passes by itself, and is tried again until then; {meaning.Mend}",
        { Mend.Length: 0 } => "look at the node's log",
        _ => meaning.Mend,
    };

    /// <param name="fault">What went wrong.</param>
    /// <param name="isTls">Whether TLS was spoken.</param>
    public static string Of(Exception fault, bool isTls) => fault is KvConfigurationException { Setting: var setting }
        ? setting switch
        {
            "Password" => "check --user and --password-file, and that the user exists on this cluster",
            "PasswordFile" => "check --password-file",
            "Auth" => "use TLS (couchbases://), or --auth plain if the network is your own",
            "Bucket" => "check --bucket, and that the user has a role on this bucket",
            "User" => $"{StatusMeaning.Of(Status.NoAccess).Mend}, or name another --user",
            "Tls" => "give the authority that signed the certificate with --ca; renew a certificate that expired; name hosts as the certificate does",
            "Tls:AuthorityFile" => "check --ca",
            _ when setting.StartsWith("Tls:", StringComparison.Ordinal) => "check --cert and --key",
            _ => "see the text",
        }
        : fault is KvConnectionException { Meaning: { } meaning }
            ? Of(meaning)
        : isTls
            ? "is this the TLS port (11207)? A plain one is reached with couchbase:// and without --tls; else look at the node's log"
            : "does this port expect TLS? Then write couchbases:// or --tls; else look at the node's log";
}
