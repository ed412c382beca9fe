using System.CommandLine;
using System.Globalization;
using ActorDcp.Group;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Host.Operate.Checkpoints;

/// <summary>
/// Has every vbucket of a paused group begin anew; or, of a group that is stopped and cannot start because its bucket or its filter is
/// another, removes all that its database holds, so that its next start is its first.
/// </summary>
internal sealed class ResetVerb : SettingVerb
{
    /// <summary>A position that was saved so lately was saved by a member that runs: each writes one every ten seconds, also when nothing moves.</summary>
    private static readonly TimeSpan Running = TimeSpan.FromSeconds(30);

    private readonly Option<string?> _database = OptionOf.Text(
        "--database", "forget a stopped group instead, its bucket's identity too: connection string of its database, as ActorDcp:Persistence:ConnectionString");

    private readonly Option<PersistenceProvider> _provider = OptionOf.Choice(
        "--provider", "with --database: sqlite or postgresql", PersistenceProvider.Sqlite,
        ("sqlite", PersistenceProvider.Sqlite), ("postgresql", PersistenceProvider.PostgreSql));

    public ResetVerb()
        : base("reset", "Has every vbucket of a paused group begin anew, before the first change; or, with --database, forgets a stopped group.", "actordcp checkpoint reset --group orders --dry-run")
    {
        Options.Add(_database);
        Options.Add(_provider);
    }

    protected override async Task<OffsetsDocument> OffsetsAsync(MemberClient member, MemberQuestion question, CancellationToken stopping)
    {
        var document = await member.GetAsync($"{question.Path}/offsets", OffsetsJson.Default.OffsetsDocument, stopping).ConfigureAwait(false);
        var offsets = OffsetsFile.FromDocument("the answer", document);
        return (offsets with { Offsets = offsets.Offsets.Keys.ToDictionary(vbucket => vbucket, _ => StreamOffset.Beginning) }).ToDocument();
    }

    protected override async Task<bool> TryWithoutMemberAsync(ParseResult arguments, string? group, Terminal terminal, CancellationToken stopping)
    {
        if (arguments.GetValue(_database) is not { } connection)
            return false;
        if (group is null)
            throw new UsageException("--group is missing: name the group that is to be forgotten");
        var options = new PersistenceOptions(arguments.GetValue(_provider), connection);
        RequireFile(options);
        using var database = new PersistenceDatabase(options, TimeProvider.System, NullLogger.Instance);
        try
        {
            await ForgetAsync(new GroupStore(database), group, IsDryRun(arguments), terminal, stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PersistenceUnavailableException or PersistenceConfigurationException)
        {
            throw new FailureException($"--database: {e.Message}", e);
        }
        return true;
    }

    private static async Task ForgetAsync(GroupStore groups, string group, bool dryRun, Terminal terminal, CancellationToken stopping)
    {
        var there = await groups.ForgetAsync(group, dryRun: true, stopping).ConfigureAwait(false)
            ?? throw new FailureException($"the database has no group {group}: name one that was started with it");
        if (TimeProvider.System.GetUtcNow() - there.LastSaved < Running)
            throw new FailureException($"group {group} saved a position less than {Running.TotalSeconds:0} s ago: stop all its members, then try again");
        if (!dryRun)
            await groups.ForgetAsync(group, dryRun: false, stopping).ConfigureAwait(false);
        terminal.Fact(string.Create(
            CultureInfo.InvariantCulture,
            $"{(dryRun ? "dry run, nothing was done: " : "")}group {group} is forgotten: bucket {there.BucketUuid ?? "unknown"}, {there.Positions} positions, {there.Facts} facts; its next start is its first, and its handlers are not told"));
    }

    private static void RequireFile(PersistenceOptions options)
    {
        if (options.Provider != PersistenceProvider.Sqlite)
            return;
        string file;
        try
        {
            file = new SqliteConnectionStringBuilder(options.ConnectionString).DataSource;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--database is no connection string of SQLite ({e.Message}): write \"Data Source=FILE\"", e);
        }
        if (!File.Exists(file))
            throw new UsageException($"--database: there is no file \"{file}\": name the group's own database");
    }
}
