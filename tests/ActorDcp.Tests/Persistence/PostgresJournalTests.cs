using System.Collections.Concurrent;
using ActorDcp.Persistence;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ActorDcp.Tests.Persistence;

/// <summary>A vbucket's journal whose server refuses it for a while: it tries again at intervals, and keeps the fact once.</summary>
[Collection(UsesPostgres.Name)]
public sealed class PostgresJournalTests : TestKit
{
    private const string Role = "journals";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _database;
    private readonly ConcurrentQueue<Warning> _warnings = new();

    public PostgresJournalTests(PostgresServer server) : this(Prepare(server))
    {
    }

    private PostgresJournalTests(string database) : base(
        JournalConfiguration.PostgreSql(AsRole(database)).WithFallback("akka.actor.provider = remote"))
    {
        _database = database;
        Sys.EventStream.Subscribe(Sys.ActorOf(Props.Create(() => new Listener(_warnings))), typeof(Warning));
    }

    [Fact]
    public Task A_deadlock_that_the_server_ends_costs_a_try_and_no_fact() => OutlivesAsync(
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END$$; CREATE TRIGGER trouble BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION trouble()",
        "DROP TRIGGER trouble ON journal", "40P01: deadlock detected");

    [Fact]
    public Task A_server_without_connections_to_give_is_asked_again_until_one_is_free() => OutlivesAsync(
        $"ALTER ROLE {Role} CONNECTION LIMIT 0", $"ALTER ROLE {Role} CONNECTION LIMIT -1", "53300: too many connections");

    private async Task OutlivesAsync(string begin, string end, string words)
    {
        var journal = Sys.ActorOf(VBucketJournalActor.SupervisedProps(SqlStoreTests.Group, new VBucketId(1), TestActor));
        await ExpectMsgAsync<VBucketJournal.Recovered>(Patience);
        Watch(journal);
        await RunAsync(_database, begin);

        var fact = new VBucketFact.OwnershipTaken(new OwnershipEpoch(1), DateTimeOffset.UnixEpoch, "m");
        journal.Tell(new VBucketJournal.Record(fact), TestActor);
        Recorder(journal, fact, until: () => _warnings.Count(Says) >= 3);
        await RunAsync(_database, end);
        Recorder(journal, fact, until: null);

        Assert.Equal(1L, await RunAsync(_database, "SELECT count(*) FROM journal"));
        var times = _warnings.Where(Says).Select(warning => warning.Timestamp).Order().ToList();
        // each pause is 200 ms or more: without them a database in trouble would be asked without end
        Assert.True(times[2] - times[0] >= TimeSpan.FromMilliseconds(400), $"third try {times[2] - times[0]} after the first");
        Assert.InRange(_warnings.Count, 3, 20);

        bool Says(Warning warning) => warning.Message.ToString()!.Contains(words, StringComparison.Ordinal);
    }

    /// <summary>Does as the vbucket does: what was not answered is sent again when the journal has started anew.</summary>
    private void Recorder(IActorRef journal, VBucketFact fact, Func<bool>? until)
    {
        var recorded = false;
        AwaitCondition(
            () =>
            {
                switch (ReceiveOne(TimeSpan.FromMilliseconds(20)))
                {
                    case VBucketJournal.Recovered:
                        journal.Tell(new VBucketJournal.Record(fact), TestActor);
                        break;
                    case VBucketJournal.Recorded:
                        recorded = true;
                        break;
                    case Terminated:
                        Assert.Fail("the journal died");
                        break;
                }
                return until?.Invoke() ?? recorded;
            },
            Patience, TimeSpan.FromMilliseconds(10));
    }

    private static string Prepare(PostgresServer server)
    {
        var database = server.CreateDatabaseAsync().GetAwaiter().GetResult();
        using var tables = new PersistenceDatabase(new PersistenceOptions(PersistenceProvider.PostgreSql, database), TimeProvider.System, NullLogger.Instance);
        new PersistenceSchema(tables, NullLogger.Instance).EnsureAsync(default).GetAwaiter().GetResult();
        RunAsync(database, $"""
            DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{Role}') THEN CREATE ROLE {Role} LOGIN; END IF; END$$;
            GRANT ALL ON ALL TABLES IN SCHEMA public TO {Role}
            """).GetAwaiter().GetResult();
        return database;
    }

    // not pooled: each write needs a connection that the server may refuse
    private static string AsRole(string database) =>
        new NpgsqlConnectionStringBuilder(database) { Username = Role, Pooling = false }.ToString();

    private static async Task<object?> RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private sealed class Listener(ConcurrentQueue<Warning> warnings) : UntypedActor
    {
        protected override void OnReceive(object message) => warnings.Enqueue((Warning)message);
    }
}
