using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Storage;

/// <summary>A folder that is not as it was left is refused with one clear line, or holds exactly what was written.</summary>
public sealed class DamagedFolderTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private static readonly string[] Files = ["bucket.db", "bucket.db-wal", "bucket.commits"];
    private readonly string _directory = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Flipped_bytes_anywhere_are_found_or_change_nothing(bool clean)
    {
        var expected = await WriteAsync(clean);
        var random = new Random(7);
        var refused = 0;
        foreach (var file in Files.Where(file => File.Exists(PathOf(file))))
        {
            var whole = Snapshot();
            for (var round = 0; round < 15; round++)
            {
                var bytes = whole[file].ToArray();
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                await File.WriteAllBytesAsync(PathOf(file), bytes);
                refused += await IsRefusedAsync(expected) ? 1 : 0;
                Restore(whole);
            }
        }
        Assert.True(refused > 10, $"{refused} were refused");
        Assert.False(await IsRefusedAsync(expected));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Shortened_and_missing_files_are_refused(bool clean)
    {
        var expected = await WriteAsync(clean);
        foreach (var file in Files.Where(file => File.Exists(PathOf(file))))
        {
            var whole = Snapshot();
            var bytes = whole[file];
            foreach (var length in new[] { 0, 1, bytes.Length / 3, bytes.Length / 2 })
            {
                await File.WriteAllBytesAsync(PathOf(file), bytes[..length]);
                Assert.True(await IsRefusedAsync(expected) || IsNeedless(file, clean), $"{file} of {length} bytes was served");
                Restore(whole);
            }
            File.Delete(PathOf(file));
            Assert.True(await IsRefusedAsync(expected) || (file == "bucket.db" && !clean), $"{file} was not missed");
            Restore(whole);
        }
        Assert.False(await IsRefusedAsync(expected));
    }

    [Fact]
    public async Task A_value_changed_within_a_page_is_refused_by_name()
    {
        await WriteAsync(clean: true);
        var bytes = await File.ReadAllBytesAsync(PathOf("bucket.db"));
        var at = bytes.AsSpan().IndexOf("value-of-k77-"u8);
        Assert.True(at > 0);
        bytes[at] = (byte)'V';
        await File.WriteAllBytesAsync(PathOf("bucket.db"), bytes);
        var refused = await Assert.ThrowsAsync<IOException>(StartAsync);
        Assert.Contains("is damaged, so nothing of it is served", refused.Message, StringComparison.Ordinal);
        Assert.Contains("seqno 78", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("cluster.json")]
    public async Task A_character_changed_in_what_the_nodes_share_is_refused_by_name(string file)
    {
        var producer = await StartAsync();
        producer.Bucket.Collections.CreateCollection("", "orders");
        await producer.DisposeAsync();
        var text = await File.ReadAllTextAsync(PathOf(file));
        for (var at = text.IndexOfAny(['1', '2', '8']); at >= 0; at = text.IndexOfAny(['1', '2', '8'], at + 1))
        {
            await File.WriteAllTextAsync(PathOf(file), $"{text[..at]}0{text[(at + 1)..]}");
            Assert.Contains(file, (await Assert.ThrowsAsync<IOException>(StartAsync)).Message, StringComparison.Ordinal);
        }
        await File.WriteAllTextAsync(PathOf(file), text);
        await (await StartAsync()).DisposeAsync();
    }

    [Theory]
    [InlineData("manifest.json", 0.0)]
    [InlineData("manifest.json", 0.5)]
    [InlineData("manifest.json", 0.95)]
    [InlineData("cluster.json", 0.0)]
    [InlineData("cluster.json", 0.5)]
    [InlineData("cluster.json", 0.95)]
    public async Task A_torn_file_that_the_nodes_share_is_refused_by_name(string file, double part)
    {
        await WriteClusterAsync();
        var bytes = await File.ReadAllBytesAsync(PathOf(file));
        // not within the checksum behind the text: without it the text is whole, and of an earlier version
        await File.WriteAllBytesAsync(PathOf(file), bytes[..(int)((bytes.Length - 18) * part)]);

        Assert.Contains(file, (await Assert.ThrowsAsync<IOException>(StartClusterAsync)).Message, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(PathOf(file), bytes);
        await (await StartClusterAsync()).DisposeAsync();
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("cluster.json")]
    public async Task A_missing_file_that_the_nodes_share_is_refused_by_name(string file)
    {
        await WriteClusterAsync();
        var bytes = await File.ReadAllBytesAsync(PathOf(file));
        File.Delete(PathOf(file));

        var refusal = await Assert.ThrowsAsync<IOException>(StartClusterAsync);

        Assert.Contains($"{file}' is missing", refusal.Message, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(PathOf(file), bytes);
        await using var again = await StartClusterAsync();
        Assert.NotNull(again.Bucket.Collections.Current.Find("", "orders"));
        Assert.Equal("1", System.Text.Encoding.UTF8.GetString(again.Bucket.Collection("", "orders").Get("k")!.Value.Span));
    }

    [Fact]
    public async Task A_manifest_older_than_the_documents_is_refused()
    {
        await WriteClusterAsync();
        var older = await File.ReadAllBytesAsync(PathOf("manifest.json"));
        var producer = await StartClusterAsync();
        producer.Bucket.Collections.CreateCollection("", "more");
        await producer.DisposeAsync();
        await File.WriteAllBytesAsync(PathOf("manifest.json"), older);

        Assert.Contains("is of manifest 1, but documents were stored under manifest 2", (await Assert.ThrowsAsync<IOException>(StartClusterAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_folder_is_left_as_it_was_found()
    {
        await WriteAsync(clean: false);
        var bytes = await File.ReadAllBytesAsync(PathOf("bucket.db-wal"));
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(PathOf("bucket.db-wal"), bytes);
        await Assert.ThrowsAsync<IOException>(StartAsync);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(PathOf("bucket.db-wal")));
    }

    private async Task<string[]> WriteAsync(bool clean)
    {
        var producer = await StartAsync();
        for (var i = 0; i < 150; i++)
        {
            producer.Bucket.Set($"k{i}", $"value-of-k{i}-{new string('x', i * 7)}");
            if (i % 25 == 24)
                await producer.Bucket.FlushAsync();
        }
        producer.Bucket.Delete("k3");
        await producer.Bucket.FlushAsync();
        var expected = Describe(producer);
        if (clean)
            await producer.DisposeAsync();
        else
            await producer.CrashAsync();
        return expected;
    }

    /// <summary>True when the folder is refused; when it is not, it must hold what was written.</summary>
    private async Task<bool> IsRefusedAsync(string[] expected)
    {
        EmbeddedProducer producer;
        try
        {
            producer = await StartAsync();
        }
        catch (IOException exception)
        {
            Assert.Contains(_directory, exception.Message, StringComparison.Ordinal);
            return true;
        }
        var found = Describe(producer);
        await producer.CrashAsync();
        Assert.Equal(expected, found);
        return false;
    }

    /// <summary>While the write-ahead log holds every page, the database can go; of the count's two slots one is enough. What is served is as it was.</summary>
    private static bool IsNeedless(string file, bool clean) => file == "bucket.commits" || (file == "bucket.db" && !clean);

    private static string[] Describe(EmbeddedProducer producer) =>
    [
        .. producer.Bucket.Documents(Zero).Select(change =>
            $"{change.Seqno} {change.Type} {change.KeyText} {Convert.ToHexString(change.Value.Span)} {change.Cas} {change.Rev} {change.Expiry} {change.Datatype}"),
        $"{producer.Bucket.HighSeqno(Zero)} {producer.Bucket.PurgeSeqno(Zero)} {producer.Bucket.FailoverLog(Zero).Entries[^1]}",
    ];

    private Dictionary<string, byte[]> Snapshot() =>
        Files.Where(file => File.Exists(PathOf(file))).ToDictionary(file => file, file => File.ReadAllBytes(PathOf(file)));

    private void Restore(Dictionary<string, byte[]> whole)
    {
        foreach (var file in Files)
        {
            if (whole.TryGetValue(file, out var bytes))
                File.WriteAllBytes(PathOf(file), bytes);
            else
                File.Delete(PathOf(file));
        }
    }

    private string PathOf(string file) => Path.Combine(_directory, file);

    private async Task WriteClusterAsync()
    {
        var producer = await StartClusterAsync();
        producer.Bucket.Collections.CreateCollection("", "orders");
        producer.Bucket.Collection("", "orders").Set("k", "1");
        await producer.DisposeAsync();
    }

    private Task<EmbeddedProducer> StartClusterAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2, Nodes = 2, DataDirectory = _directory });

    private Task<EmbeddedProducer> StartAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = _directory });
}
