using ActorDcp.Client;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ActorDcp.Hosting.Configuration;

/// <summary>Checks options before anything starts. Every message names the key, its value and the mend.</summary>
internal sealed class OptionsValidator(HandlerRegistry handlers) : IValidateOptions<ActorDcpOptions>
{
    /// <summary>Below this a single large document (20 MiB of value) would be the whole window, and small windows starve.</summary>
    private static readonly ByteSize SmallestWindow = new(64 * 1024);
    private static readonly ByteSize LargestWindow = new(int.MaxValue);
    private static readonly TimeSpan ShortestMitigation = TimeSpan.FromMilliseconds(10);

    public ValidateOptionsResult Validate(string? name, ActorDcpOptions options)
    {
        var failures = new List<string>(options.BindingErrors);
        CheckIdentity(options, failures);
        CheckConnection(options, failures);
        CheckStream(options, failures);
        CheckTimes(options, failures);
        CheckHandler(options, failures);
        CheckCluster(options, failures);
        CheckHttp(options, failures);
        CheckPersistence(options.Persistence, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckIdentity(ActorDcpOptions options, List<string> failures)
    {
        if (options.Group.Length == 0)
            Fail(failures, "Group", "is required: name the consumer group");
        else if (options.Group.Length > 100 || options.Group.AsSpan().ContainsAnyExcept(GroupNames.Letters))
            Fail(failures, "Group", options.Group, "is not a name: use at most 100 letters, digits, '.', '-' and '_'");
        if (options.Bucket.Length == 0)
            Fail(failures, "Bucket", "is required: name the bucket to stream");
        if (options.Window < SmallestWindow || options.Window > LargestWindow)
            Fail(failures, "Window", options.Window.ToString(), $"is out of range: write a size from {SmallestWindow} to 2047MiB");
        if (StartWord.Check(options.Start) is { } start)
            Fail(failures, "Start", options.Start, start);
    }

    private static void CheckConnection(ActorDcpOptions options, List<string> failures)
    {
        if (CouchbaseAddress.Check(options.Connection) is { } mend)
            Fail(failures, "Connection", options.Connection, mend);
        var hasCertificate = options.Tls.CertFile is not null;
        if (hasCertificate != options.Tls.KeyFile is not null)
            Fail(failures, hasCertificate ? "Tls:KeyFile" : "Tls:CertFile", "is missing: a client certificate needs both Tls:CertFile and Tls:KeyFile");
        if (options.User is null && !hasCertificate)
            Fail(failures, "User", "is missing: name a user that may read the bucket, or give a client certificate (Tls:CertFile, Tls:KeyFile)");
        if (options.User is not null && string.IsNullOrEmpty(options.Password) && !hasCertificate)
            Fail(failures, "Password", $"is missing: set {OptionsBinder.PasswordVariable} or ActorDcp:PasswordFile");
        CheckFile(failures, "Tls:CaFile", options.Tls.CaFile);
        CheckFile(failures, "Tls:CertFile", options.Tls.CertFile);
        CheckFile(failures, "Tls:KeyFile", options.Tls.KeyFile);
        var tls = options.Tls.Enabled || options.Connection.StartsWith("couchbases://", StringComparison.OrdinalIgnoreCase);
        if (!tls && (options.Tls.CaFile ?? options.Tls.CertFile) is not null)
            Fail(failures, "Tls:Enabled", "false", "contradicts the certificate files: set it to true, or write couchbases:// in the connection");
    }

    private static void CheckStream(ActorDcpOptions options, List<string> failures)
    {
        foreach (var collection in options.Stream.Collections)
            if (CollectionText.CheckCollection(collection) is { } mend)
                Fail(failures, "Stream:Collections", collection, mend);
        if (options.Stream.Scope is { } scope && CollectionText.CheckScope(scope) is { } scopeMend)
            Fail(failures, "Stream:Scope", scope, scopeMend);
        if (options.Stream.Scope is not null && options.Stream.Collections.Count > 0)
            Fail(failures, "Stream:Scope", options.Stream.Scope, "cannot go with Stream:Collections: keep one of them");
        // what would be accepted without effect, or refused by every node
        var isFiltered = options.Stream.Scope is not null || options.Stream.Collections.Count > 0;
        if (options.Stream.Oso && !isFiltered)
            Fail(failures, "Stream:Oso", "true", "has no effect on a whole bucket, which comes in seqno order: name one in Stream:Collections, or remove it");
        if (options.Stream.SyncWrites && isFiltered)
            Fail(failures, "Stream:SyncWrites", "true", "cannot go with Stream:Collections or Stream:Scope, as no node streams both: keep one of them");
        if (options.Stream.DeletedUserXattrs && !options.Stream.Xattrs)
            Fail(failures, "Stream:DeletedUserXattrs", "true", "needs Stream:Xattrs=true: set it too");
        if (options.Stream.UnderlyingDatatype && !options.Stream.NoValue)
            Fail(failures, "Stream:UnderlyingDatatype", "true", "says something of values that are left out: set Stream:NoValue=true too");
        if (options.Stream.RollbackMitigationInterval is var mitigation && mitigation != TimeSpan.Zero && mitigation < ShortestMitigation)
            Fail(failures, "Stream:RollbackMitigationInterval", DurationText.Format(mitigation),
                $"would do nothing but ask: write 0s for none, or at least {DurationText.Format(ShortestMitigation)}");
    }

    private static void CheckTimes(ActorDcpOptions options, List<string> failures)
    {
        if (options.Checkpoint.Interval <= TimeSpan.Zero)
            Fail(failures, "Checkpoint:Interval", DurationText.Format(options.Checkpoint.Interval), "must be above zero: write 5s");
        if (options.Checkpoint.MaxUncheckpointed <= options.Checkpoint.Interval)
            Fail(failures, "Checkpoint:MaxUncheckpointed", DurationText.Format(options.Checkpoint.MaxUncheckpointed),
                $"must be above Checkpoint:Interval ({DurationText.Format(options.Checkpoint.Interval)}): streams would hold between two writes");
        var limit = ShardHandOff.Limit;
        if (options.DrainTimeout <= TimeSpan.Zero || options.DrainTimeout >= limit)
            Fail(failures, "DrainTimeout", DurationText.Format(options.DrainTimeout),
                $"must be above zero and below {DurationText.Format(limit)}, the time that a moving vbucket is given by the cluster: write 8s");
    }

    private static void CheckPersistence(PersistenceOptions persistence, List<string> failures)
    {
        if (persistence.Provider != PersistenceProvider.PostgreSql)
            return;
        if (string.IsNullOrWhiteSpace(persistence.ConnectionString))
        {
            Fail(failures, "Persistence:ConnectionString", "is required with postgresql: write Host=...;Database=...;Username=...");
            return;
        }
        try
        {
            _ = new NpgsqlConnectionStringBuilder(persistence.ConnectionString);
        }
        catch (ArgumentException)
        {
            // what the driver says may hold a piece of the password
            Fail(failures, "Persistence:ConnectionString", "is not understood by PostgreSQL's driver: write Host=...;Database=...;Username=..., and quote a password that holds ';'");
        }
    }

    private void CheckHandler(ActorDcpOptions options, List<string> failures)
    {
        if (handlers.Handler is not null)
            return;
        if (options.Handler.Type == "jsonl" && string.IsNullOrWhiteSpace(options.Handler.Path))
            Fail(failures, "Handler:Path", "is required with the jsonl handler: name the file to write");
        if (options.Handler.Type is not ("count" or "jsonl") && HandlerRegistry.Resolve(options.Handler.Type) is null)
            Fail(failures, "Handler:Type", options.Handler.Type, "is not known: write count, jsonl or the full name of a handler type (Namespace.Type, Assembly)");
        if (options.Handler.MaxRetryDelay < options.Handler.RetryDelay)
            Fail(failures, "Handler:MaxRetryDelay", DurationText.Format(options.Handler.MaxRetryDelay), "must not be below Handler:RetryDelay");
    }

    private static void CheckCluster(ActorDcpOptions options, List<string> failures)
    {
        foreach (var seed in options.Cluster.Seeds)
            if (!HostPort.TryParse(seed, out _))
                Fail(failures, "Cluster:Seeds", seed, "is not a member: write host:port, several separated by commas");
        CheckFile(failures, "Cluster:Tls:CertFile", options.Cluster.Tls.CertFile);
        CheckFile(failures, "Cluster:Tls:CertPasswordFile", options.Cluster.Tls.CertPasswordFile);
        CheckFile(failures, "Cluster:Tls:CaFile", options.Cluster.Tls.CaFile);
        CheckMemberCertificate(options.Cluster.Tls, failures);
        var listens = options.Cluster.BindHost ?? options.Cluster.Host;
        if (!Loopback.Is(listens) && options.Cluster.Tls.CertFile is null && !options.Cluster.Insecure)
            Fail(failures, options.Cluster.BindHost is null ? "Cluster:Host" : "Cluster:BindHost", listens,
                "is off loopback without TLS, so whoever reaches the port becomes a member: set Cluster:Tls:CertFile, or Cluster:Insecure=true on a network of your own");
        if (options.Cluster.BindPort != 0 && options.Cluster.Port == 0)
            Fail(failures, "Cluster:Port", "0", "does not go with Cluster:BindPort: name the port that others reach this member at");
        if (!Loopback.Is(options.Cluster.Host) && options.Persistence.Provider == PersistenceProvider.Sqlite && options.Cluster.Seeds.Count > 0)
            Fail(failures, "Persistence:Provider", "sqlite", "is a file of one machine, and the cluster is not: write postgresql");
    }

    private static void CheckMemberCertificate(ClusterTlsOptions tls, List<string> failures)
    {
        if (tls.CertFile is not { } file)
        {
            if (tls.CaFile is not null)
                Fail(failures, "Cluster:Tls:CertFile", "is missing: members show each other certificates, Cluster:Tls:CaFile alone is not enough");
            return;
        }
        if (File.Exists(file) && File.Exists(tls.CertPasswordFile ?? file) && File.Exists(tls.CaFile ?? file) && MemberTls.Check(tls) is { } wrong)
            Fail(failures, "Cluster:Tls:CertFile", file, wrong);
    }

    private static void CheckHttp(ActorDcpOptions options, List<string> failures)
    {
        if (!Loopback.Is(options.Http.Host) && string.IsNullOrEmpty(options.Http.Token))
            Fail(failures, "Http:Host", options.Http.Host, $"is off loopback, where a token is needed: set {OptionsBinder.TokenVariable} or ActorDcp:Http:TokenFile");
    }

    private static void CheckFile(List<string> failures, string key, string? path)
    {
        if (path is not null && !File.Exists(path))
            Fail(failures, key, path, "does not exist: name a file that this process may read");
    }

    private static void Fail(List<string> failures, string key, string mend) =>
        failures.Add($"{ActorDcpOptions.SectionName}:{key} {mend}");

    private static void Fail(List<string> failures, string key, string value, string mend) =>
        failures.Add($"{ActorDcpOptions.SectionName}:{key} = \"{value}\" {mend}");
}
