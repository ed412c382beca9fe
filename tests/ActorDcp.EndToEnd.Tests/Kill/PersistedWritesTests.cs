using System.Globalization;
using System.Net;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>A producer with a data folder is killed under writes, again and again: nothing is lost that it had answered as persisted.</summary>
public sealed class PersistedWritesTests : IDisposable
{
    private const int VBuckets = 4;
    private const int Keys = 300;
    private const int BatchSize = 100;
    private const int DefaultKills = 6;
    private const byte PersistToMajority = 3;
    private static readonly byte[] DurablyPersisted = [0x11, PersistToMajority];

    private readonly TestFolder _folder = new();
    private readonly Random _random = new(11);
    private readonly Dictionary<(ushort VBucket, string Key), SortedDictionary<ulong, string>> _written = [];
    private readonly ulong[] _persisted = new ulong[VBuckets];
    private readonly ulong[] _uuids = new ulong[VBuckets];
    private int _counter;
    private int _durable;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_9_loses_nothing_that_was_answered_as_persisted_and_begins_a_branch_behind_it()
    {
        await RunAsync(int.Parse(Environment.GetEnvironmentVariable("ACTORDCP_KILLS") ?? $"{DefaultKills}", CultureInfo.InvariantCulture));
        Assert.All(_persisted, seqno => Assert.NotEqual(0ul, seqno));
        Assert.NotEqual(0, _durable);
    }

    [Fact]
    public async Task A_folder_that_is_set_back_to_an_earlier_kill_turns_it_red()
    {
        var red = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => RunAsync(kills: 2, afterKill: round =>
        {
            var (data, earlier) = (new DirectoryInfo(_folder.File("data")), new DirectoryInfo(_folder.File("earlier")));
            Copy(round == 0 ? data : earlier, round == 0 ? earlier : data);
        }));
        Assert.Contains("was persisted", red.Message, StringComparison.Ordinal);
    }

    private static void Copy(DirectoryInfo from, DirectoryInfo to)
    {
        if (to.Exists)
            to.Delete(recursive: true);
        to.Create();
        foreach (var file in from.GetFiles())
            file.CopyTo(Path.Combine(to.FullName, file.Name));
    }

    private async Task RunAsync(int kills, Action<int>? afterKill = null)
    {
        for (var round = 0; round <= kills; round++)
        {
            await using var producer = HostProcess.Start(
                ["producer", "--port", "0", "--http", "0", "--vbuckets", $"{VBuckets}", "--data", _folder.File("data")]);
            var port = await ServeProcess.PortAsync(producer, "kv");
            await using var client = await RawClient.LoginAsync(
                new IPEndPoint(IPAddress.Loopback, port), "default", HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.MutationSeqno,
                HelloFeature.Collections, HelloFeature.AltRequest, HelloFeature.SyncReplication);
            if (round > 0)
                await CheckAsync(client);
            await LearnBranchesAsync(client);
            if (round == kills)
                break;
            await WriteUntilKilledAsync(client, producer);
            afterKill?.Invoke(round);
        }
    }

    private async Task WriteUntilKilledAsync(RawClient client, HostProcess producer)
    {
        var batchesToLive = _random.Next(3, 25);
        var killing = Task.CompletedTask;
        try
        {
            for (var batch = 0; ; batch++)
            {
                await WriteBatchAsync(client);
                if (batch % 3 == 0)
                    await WriteDurablyAsync(client);
                for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
                    await ObservePersistedAsync(client, vbucket);
                if (batch == batchesToLive)
                    killing = producer.KillAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            await killing;
            Assert.True(producer.HasExited, $"the connection broke by itself: {producer.Error}");
        }
    }

    private async Task WriteBatchAsync(RawClient client)
    {
        var asked = new Dictionary<uint, (ushort VBucket, string Key, string Value)>();
        for (var i = 0; i < BatchSize; i++)
        {
            var write = NextWrite();
            var opaque = 1_000_000u + (uint)_counter;
            asked[opaque] = write;
            await client.SendAsync(Opcode.Set, write.VBucket, opaque, new byte[8], Prefixed(write.Key), Bytes(write.Value));
        }
        while (asked.Count > 0)
        {
            var answer = await client.ReadAsync();
            Assert.Equal(Status.Success, answer.Status);
            Assert.True(asked.Remove(answer.Header.Opaque, out var write));
            Note(write.VBucket, write.Key, write.Value, SeqnoOf(answer));
        }
    }

    /// <summary>A write that asks to be persisted before it is answered.</summary>
    private async Task WriteDurablyAsync(RawClient client)
    {
        var (vbucket, key, value) = NextWrite();
        var opaque = 1_000_000u + (uint)_counter;
        await client.SendAsync(Opcode.Set, vbucket, opaque, new byte[8], Prefixed(key), Bytes(value), framing: DurablyPersisted);
        var answer = await client.ReadAsync();
        Assert.Equal((Status.Success, opaque), (answer.Status, answer.Header.Opaque));
        Note(vbucket, key, value, SeqnoOf(answer));
        _durableSeqnos[(vbucket, key)] = SeqnoOf(answer);
        _durable++;
    }

    private readonly Dictionary<(ushort VBucket, string Key), ulong> _durableSeqnos = [];

    private async Task ObservePersistedAsync(RawClient client, ushort vbucket)
    {
        var answer = await client.AskAsync(Opcode.ObserveSeqno, vbucket, value: RawClient.U64(_uuids[vbucket]));
        Assert.Equal((Status.Success, 27), (answer.Status, answer.Value.Length));
        _persisted[vbucket] = Math.Max(_persisted[vbucket], U64(answer.Value, 11));
    }

    private async Task CheckAsync(RawClient client)
    {
        for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
        {
            var answer = await client.AskAsync(Opcode.ObserveSeqno, vbucket, value: RawClient.U64(_uuids[vbucket]));
            Assert.True(answer.Status == Status.Success && answer.Value[0] == 1,
                $"vbucket {vbucket} answers {answer.Status} to branch {_uuids[vbucket]:x}, of which {_persisted[vbucket]} was persisted");
            var (branch, high) = (U64(answer.Value, 35), U64(answer.Value, 19));
            Assert.Equal(branch, high);
            Assert.True(branch >= _persisted[vbucket], $"vbucket {vbucket} came back at {branch}, {_persisted[vbucket]} was persisted");
            _persisted[vbucket] = high;
        }
        foreach (var ((vbucket, key), versions) in _written)
            await CheckKeyAsync(client, vbucket, key, versions);
    }

    /// <summary>The newest version that is not above the branch is there; a durable one always is.</summary>
    private async Task CheckKeyAsync(RawClient client, ushort vbucket, string key, SortedDictionary<ulong, string> versions)
    {
        var durable = _durableSeqnos.GetValueOrDefault((vbucket, key));
        foreach (var lost in versions.Keys.Where(seqno => seqno > _persisted[vbucket] && seqno > durable).ToList())
            versions.Remove(lost);
        if (versions.Count == 0)
            return;
        var answer = await client.AskAsync(Opcode.Get, vbucket, key: Prefixed(key));
        Assert.Equal(Status.Success, answer.Status);
        // a write whose answer the kill swallowed may have come after the newest that is known
        if (answer.ValueText != versions.Last().Value)
            Assert.True(int.Parse(answer.ValueText, CultureInfo.InvariantCulture) > int.Parse(versions.Last().Value, CultureInfo.InvariantCulture),
                $"{key} of vbucket {vbucket} is {answer.ValueText}, {versions.Last().Value} was persisted at {versions.Last().Key}");
    }

    private async Task LearnBranchesAsync(RawClient client)
    {
        for (ushort vbucket = 0; vbucket < VBuckets; vbucket++)
            _uuids[vbucket] = U64((await client.AskAsync(Opcode.GetFailoverLog, vbucket)).Value, 0);
    }

    private (ushort VBucket, string Key, string Value) NextWrite()
    {
        var key = _random.Next(Keys);
        return ((ushort)(key % VBuckets), $"key{key}", (++_counter).ToString(CultureInfo.InvariantCulture));
    }

    private void Note(ushort vbucket, string key, string value, ulong seqno)
    {
        if (!_written.TryGetValue((vbucket, key), out var versions))
            _written[(vbucket, key)] = versions = [];
        versions[seqno] = value;
    }

    private static byte[] Prefixed(string key) => [0, .. Bytes(key)];

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static ulong SeqnoOf(RawFrame answer) => U64(answer.Extras, 8);

    private static ulong U64(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at));
}
