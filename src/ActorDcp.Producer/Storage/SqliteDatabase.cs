using System.Buffers.Binary;
using System.Globalization;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using Microsoft.Data.Sqlite;

namespace ActorDcp.Producer.Storage;

/// <summary>
/// The SQLite file of a bucket. Documents are rows whose id is vbucket and seqno, so each vbucket's rows lie in seqno order.
/// One thread at a time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const string FileName = "bucket.db";
    private const string FormatVersion = "1";
    private const int SeqnoBits = 48;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS vbuckets (
            vb INTEGER PRIMARY KEY, state INTEGER NOT NULL, high INTEGER NOT NULL, purge INTEGER NOT NULL,
            max_deleted_rev INTEGER NOT NULL, failovers BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS items (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, cas INTEGER NOT NULL, rev INTEGER NOT NULL, flags INTEGER NOT NULL,
            expiry INTEGER NOT NULL, datatype INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL);
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _truncate;
    private readonly SqliteCommand _facts;

    private SqliteDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _insert = Prepare(
            "INSERT OR REPLACE INTO items (id,kind,cas,rev,flags,expiry,datatype,key,value) VALUES ($id,$kind,$cas,$rev,$flags,$expiry,$datatype,$key,$value)",
            "$id", "$kind", "$cas", "$rev", "$flags", "$expiry", "$datatype", "$key", "$value");
        _delete = Prepare("DELETE FROM items WHERE id = $id", "$id");
        _truncate = Prepare("DELETE FROM items WHERE id > $above AND id < $next", "$above", "$next");
        _facts = Prepare(
            "INSERT OR REPLACE INTO vbuckets (vb,state,high,purge,max_deleted_rev,failovers) VALUES ($vb,$state,$high,$purge,$rev,$failovers)",
            "$vb", "$state", "$high", "$purge", "$rev", "$failovers");
    }

    public static SqliteDatabase Open(string directory)
    {
        Directory.CreateDirectory(directory);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(directory, FileName),
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            Execute(connection, Schema);
            return new SqliteDatabase(connection);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new IOException(
                $"the bucket in '{directory}' cannot be opened ({exception.Message}): another producer may be using it, or it is damaged", exception);
        }
    }

    /// <summary>All that is stored; null for a new folder.</summary>
    /// <exception cref="IOException">It is another bucket's, or damaged.</exception>
    public StoredBucket? Read(BucketSettings settings, out bool wasClean)
    {
        wasClean = true;
        try
        {
            if (ReadFact("uuid") is not { } uuid)
                return null;
            Require(settings.Name, ReadFact("name"), "bucket");
            Require(settings.VBuckets.ToString(CultureInfo.InvariantCulture), ReadFact("vbuckets"), "vbucket count");
            Require(FormatVersion, ReadFact("format"), "format version");
            using var check = _connection.CreateCommand();
            check.CommandText = "PRAGMA quick_check(1)";
            if (check.ExecuteScalar() is not "ok" and var said)
                throw new IOException($"the stored bucket is damaged: {said}");
            wasClean = ReadFact("clean") == "1";
            return new StoredBucket(uuid, ReadVBuckets());
        }
        catch (SqliteException exception)
        {
            throw new IOException($"the stored bucket cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Notes whose folder this is, and that it is in use.</summary>
    public void Begin(Bucket bucket)
    {
        using var transaction = BeginTransaction();
        WriteFact("uuid", bucket.Uuid);
        WriteFact("name", bucket.Name);
        WriteFact("vbuckets", bucket.VBucketCount.ToString(CultureInfo.InvariantCulture));
        WriteFact("format", FormatVersion);
        WriteFact("clean", "0");
        foreach (var vbucket in bucket.VBuckets)
            Write(vbucket.TakeUnpersisted());
        transaction.Commit();
    }

    public void MarkClean() => WriteFact("clean", "1");

    /// <summary>Writes batches in one transaction.</summary>
    public void Write(IReadOnlyList<PersistenceBatch> batches)
    {
        using var transaction = BeginTransaction();
        foreach (var batch in batches)
            Write(batch);
        transaction.Commit();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _truncate.Dispose();
        _facts.Dispose();
        _connection.Dispose();
    }

    private SqliteTransaction BeginTransaction()
    {
        var transaction = _connection.BeginTransaction();
        _insert.Transaction = _delete.Transaction = _truncate.Transaction = _facts.Transaction = transaction;
        return transaction;
    }

    private static long RowId(VBucketId vbucket, ulong seqno) => (long)vbucket.Value << SeqnoBits | (long)seqno;

    private static void Require(string asked, string? stored, string what)
    {
        if (stored != asked)
            throw new IOException($"the data folder holds a bucket of {what} '{stored}', not '{asked}': give the same, or another folder");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static byte[] Encode(FailoverLog log) => Dcp.DcpMessages.Encode(log);

    private static FailoverLog Decode(byte[] bytes)
    {
        var entries = new List<FailoverLogEntry>(bytes.Length / 16);
        for (var i = 0; i + 16 <= bytes.Length; i += 16)
            entries.Add(new FailoverLogEntry(
                new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i))),
                new Seqno(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i + 8)))));
        return new FailoverLog(entries);
    }

    private void Write(PersistenceBatch batch)
    {
        var id = batch.VBucket.Id;
        if (batch.TruncatedTo is { } seqno)
            Run(_truncate, RowId(id, seqno), RowId(id, 0) + (1L << SeqnoBits));
        foreach (var obsolete in batch.Obsolete)
            Run(_delete, RowId(id, obsolete));
        var index = batch.Slice.From;
        for (; batch.Slice.TryFindFrom(ref index); index++)
        {
            var item = batch.Slice.Items[index];
            Run(_insert, RowId(id, item.Seqno), item.PackedKind, (long)item.Cas, (long)item.Rev, (long)item.Flags, (long)item.Expiry,
                (long)item.Datatype, item.Key.ToArray(), item.Value.ToArray());
        }
        var facts = batch.Facts;
        Run(_facts, (long)id.Value, (long)facts.State, (long)facts.HighSeqno, (long)facts.PurgeSeqno, (long)facts.MaxDeletedRev,
            Encode(facts.FailoverLog));
    }

    private List<StoredVBucket> ReadVBuckets()
    {
        var vbuckets = new List<StoredVBucket>();
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT vb,state,high,purge,max_deleted_rev,failovers FROM vbuckets ORDER BY vb";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var id = VBucketId.From(reader.GetInt32(0));
            vbuckets.Add(new StoredVBucket
            {
                Id = id,
                State = (VBucketState)reader.GetByte(1),
                HighSeqno = (ulong)reader.GetInt64(2),
                PurgeSeqno = (ulong)reader.GetInt64(3),
                MaxDeletedRev = (ulong)reader.GetInt64(4),
                FailoverLog = Decode(reader.GetFieldValue<byte[]>(5)),
                Items = ReadItems(id),
            });
        }
        return vbuckets;
    }

    private List<StoredItem> ReadItems(VBucketId vbucket)
    {
        var items = new List<StoredItem>();
        using var command = _connection.CreateCommand();
        command.CommandText =
            "SELECT id,kind,cas,rev,flags,expiry,datatype,key,value FROM items WHERE id > $above AND id < $next ORDER BY id";
        command.Parameters.AddWithValue("$above", RowId(vbucket, 0));
        command.Parameters.AddWithValue("$next", RowId(vbucket, 0) + (1L << SeqnoBits));
        using var reader = command.ExecuteReader();
        while (reader.Read())
            items.Add(StoredItem.Restore(reader.GetFieldValue<byte[]>(7), reader.GetFieldValue<byte[]>(8), new ItemMetadata(
                (ulong)(reader.GetInt64(0) & ((1L << SeqnoBits) - 1)),
                (ulong)reader.GetInt64(2), (ulong)reader.GetInt64(3), (uint)reader.GetInt64(4), (uint)reader.GetInt64(5),
                (Datatype)reader.GetByte(6), default), packedKind: reader.GetInt64(1)));
        return items;
    }

    private string? ReadFact(string name)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM facts WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() as string;
    }

    private void WriteFact(string name, string value)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO facts (name,value) VALUES ($name,$value)";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter(name, null));
        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }
}
