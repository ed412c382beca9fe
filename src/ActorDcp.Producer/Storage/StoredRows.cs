using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using Microsoft.Data.Sqlite;

namespace ActorDcp.Producer.Storage;

/// <summary>The rows of a bucket's database, each with its checksum: facts of the bucket, vbuckets, and changes.</summary>
internal static class StoredRows
{
    public const string Schema = """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE vbuckets (
            vb INTEGER PRIMARY KEY, state INTEGER NOT NULL, high INTEGER NOT NULL, purge INTEGER NOT NULL,
            max_deleted_rev INTEGER NOT NULL, snapshot_start INTEGER NOT NULL, snapshot_end INTEGER NOT NULL,
            failovers BLOB NOT NULL, sum INTEGER NOT NULL);
        CREATE TABLE items (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, cas INTEGER NOT NULL, rev INTEGER NOT NULL, flags INTEGER NOT NULL,
            expiry INTEGER NOT NULL, datatype INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, sum INTEGER NOT NULL);
        """;

    public const string InsertItem =
        "INSERT OR REPLACE INTO items (id,kind,cas,rev,flags,expiry,datatype,key,value,sum) VALUES ($id,$kind,$cas,$rev,$flags,$expiry,$datatype,$key,$value,$sum)";

    public const string InsertVBucket =
        "INSERT OR REPLACE INTO vbuckets (vb,state,high,purge,max_deleted_rev,snapshot_start,snapshot_end,failovers,sum) VALUES ($vb,$state,$high,$purge,$rev,$start,$end,$failovers,$sum)";

    public const string InsertFact = "INSERT OR REPLACE INTO facts (name,value,sum) VALUES ($name,$value,$sum)";

    public static readonly string[] ItemParameters = ["$id", "$kind", "$cas", "$rev", "$flags", "$expiry", "$datatype", "$key", "$value", "$sum"];
    public static readonly string[] VBucketParameters = ["$vb", "$state", "$high", "$purge", "$rev", "$start", "$end", "$failovers", "$sum"];
    public static readonly string[] FactParameters = ["$name", "$value", "$sum"];

    private const string ReadItemsText = "SELECT id,kind,cas,rev,flags,expiry,datatype,key,value,sum FROM items WHERE id > $above AND id < $next ORDER BY id";
    private const string ReadVBucketsText = "SELECT vb,state,high,purge,max_deleted_rev,snapshot_start,snapshot_end,failovers,sum FROM vbuckets ORDER BY vb";
    private const int SeqnoBits = 48;
    private const long SeqnoMask = (1L << SeqnoBits) - 1;
    private const int FailoverEntrySize = 16;

    /// <summary>Id of a change's row, so that each vbucket's rows lie in seqno order.</summary>
    public static long RowId(VBucketId vbucket, ulong seqno) => (long)vbucket.Value << SeqnoBits | (long)seqno;

    /// <summary>Above the ids of a vbucket's rows.</summary>
    public static long NextRowId(VBucketId vbucket) => RowId(vbucket, 0) + (1L << SeqnoBits);

    public static void Bind(SqliteCommand command, VBucketId vbucket, StoredItem item)
    {
        var id = RowId(vbucket, item.Seqno);
        SetAll(command, id, item.PackedKind, (long)item.Cas, (long)item.Rev, (long)item.Flags, (long)item.Expiry, (long)item.Datatype,
            item.Key.ToArray(), item.Value.ToArray(), RowSum.Of(item.KeyAndValue, id, item.PackedKind, (long)item.Cas, (long)item.Rev,
                item.Flags, item.Expiry, (long)item.Datatype, item.KeyLength));
    }

    public static void Bind(SqliteCommand command, StoredVBucket facts)
    {
        var failovers = Dcp.DcpMessages.Encode(facts.FailoverLog);
        SetAll(command, (long)facts.Id.Value, (long)facts.State, (long)facts.HighSeqno, (long)facts.PurgeSeqno, (long)facts.MaxDeletedRev,
            (long)facts.SnapshotStart, (long)facts.SnapshotEnd, failovers, RowSum.Of(failovers, facts.Id.Value, (long)facts.State,
                (long)facts.HighSeqno, (long)facts.PurgeSeqno, (long)facts.MaxDeletedRev, (long)facts.SnapshotStart, (long)facts.SnapshotEnd));
    }

    public static void Bind(SqliteCommand command, string name, string value) => SetAll(command, name, value, SumOf(name, value));

    /// <exception cref="IOException">It is not as it was written.</exception>
    public static string? ReadFact(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value,sum FROM facts WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        using var reader = command.ExecuteReader();
        if (!reader.Read())
            return null;
        var value = reader.GetString(0);
        return reader.GetInt64(1) == SumOf(name, value) ? value : throw Damaged($"the fact '{name}'");
    }

    /// <exception cref="IOException">A row is not as it was written.</exception>
    public static List<StoredVBucket> ReadVBuckets(SqliteConnection connection)
    {
        var vbuckets = new List<StoredVBucket>();
        using var command = connection.CreateCommand();
        command.CommandText = ReadVBucketsText;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var vbucket = ReadVBucket(reader);
            vbuckets.Add(vbucket with { Items = ReadItems(connection, vbucket) });
        }
        return vbuckets;
    }

    private static StoredVBucket ReadVBucket(SqliteDataReader reader)
    {
        Span<long> numbers = stackalloc long[7];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = reader.GetInt64(i);
        var failovers = reader.GetFieldValue<byte[]>(7);
        if (reader.GetInt64(8) != RowSum.Of(failovers, numbers))
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the row of vbucket {numbers[0]}"));
        return new StoredVBucket
        {
            Id = VBucketId.From((int)numbers[0]),
            State = (VBucketState)numbers[1],
            HighSeqno = (ulong)numbers[2],
            PurgeSeqno = (ulong)numbers[3],
            MaxDeletedRev = (ulong)numbers[4],
            SnapshotStart = (ulong)numbers[5],
            SnapshotEnd = (ulong)numbers[6],
            FailoverLog = DecodeFailovers(failovers),
        };
    }

    private static List<StoredItem> ReadItems(SqliteConnection connection, StoredVBucket vbucket)
    {
        var items = new List<StoredItem>();
        using var command = connection.CreateCommand();
        command.CommandText = ReadItemsText;
        command.Parameters.AddWithValue("$above", RowId(vbucket.Id, 0));
        command.Parameters.AddWithValue("$next", NextRowId(vbucket.Id));
        using var reader = command.ExecuteReader();
        while (reader.Read())
            items.Add(ReadItem(reader, vbucket));
        return items;
    }

    private static StoredItem ReadItem(SqliteDataReader reader, StoredVBucket vbucket)
    {
        Span<long> numbers = stackalloc long[8];
        for (var i = 0; i < 7; i++)
            numbers[i] = reader.GetInt64(i);
        var key = reader.GetFieldValue<byte[]>(7);
        numbers[7] = key.Length;
        var seqno = (ulong)(numbers[0] & SeqnoMask);
        var item = StoredItem.Restore(key, reader.GetFieldValue<byte[]>(8), new ItemMetadata(
            seqno, (ulong)numbers[2], (ulong)numbers[3], (uint)numbers[4], (uint)numbers[5], (Datatype)numbers[6], default), packedKind: numbers[1]);
        if (reader.GetInt64(9) != RowSum.Of(item.KeyAndValue, numbers) || seqno > vbucket.HighSeqno)
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the change with seqno {seqno} of vbucket {vbucket.Id}"));
        return item;
    }

    private static FailoverLog DecodeFailovers(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<FailoverLogEntry>(bytes.Length / FailoverEntrySize);
        for (var i = 0; i + FailoverEntrySize <= bytes.Length; i += FailoverEntrySize)
            entries.Add(new FailoverLogEntry(
                new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(bytes[i..])),
                new Seqno(BinaryPrimitives.ReadUInt64BigEndian(bytes[(i + 8)..]))));
        return new FailoverLog(entries);
    }

    private static IOException Damaged(string what) => new($"{what} does not match its checksum");

    private static long SumOf(string name, string value) => RowSum.Of(Encoding.UTF8.GetBytes(name + "\0" + value));

    private static void SetAll(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
    }
}
