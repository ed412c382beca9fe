using ActorDcp.EndToEnd.Tests.Refusals;
using ActorDcp.Producer;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>Another process keeps the SQLite file locked for longer than a member waits for it.</summary>
public sealed class LockedFileTests
{
    [Fact]
    public async Task Delivery_holds_and_goes_on_and_the_user_reads_what_is_the_matter()
    {
        using var folder = new TestFolder();
        using var logs = new RecordingLogs();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 16, KeepHistory = true });
        var lines = folder.File("out.jsonl");
        await using (var member = await TestMember.StartAsync(
            producer, folder.Path, builder => builder.Services.AddSingleton<ILoggerProvider>(logs),
            ("ActorDcp:Handler:Type", "jsonl"), ("ActorDcp:Handler:Path", lines), ("ActorDcp:Checkpoint:MaxUncheckpointed", "2s")))
        {
            producer.Bucket.Set("before", "{}");
            await member.CaughtUpAsync(producer);
            await using (var other = new SqliteConnection($"Data Source={folder.File("test.db")};Pooling=false"))
            {
                await other.OpenAsync();
                await using var locks = await other.BeginTransactionAsync();
                var written = 0;
                var handled = -1;
                // writes go on, and nothing of them comes
                await Eventually.TrueAsync(
                    () =>
                    {
                        producer.Bucket.Set($"locked-{written++}", "{}");
                        var before = handled;
                        handled = File.ReadLines(lines).Count();
                        return before == handled && logs.Lines.Any(line => line.Text.Contains("at try 1", StringComparison.Ordinal));
                    },
                    () => $"{handled} lines of {written} writes", every: TimeSpan.FromMilliseconds(500));
            }
            await member.CaughtUpAsync(producer);
        }

        Assert.Equal(HandledChanges.Expected(producer), HandledChanges.Of(lines));
        var words = logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text).ToList();
        Assert.Contains(words, word => word.Contains("another writer keeps the SQLite file locked", StringComparison.Ordinal));
        Assert.DoesNotContain(words, word => word.Contains("database is locked", StringComparison.OrdinalIgnoreCase));
        Assert.InRange(words.Count, 1, 10);
    }
}
