using System.Globalization;
using ActorDcp.Producer.Buckets;
using Microsoft.Data.Sqlite;

namespace ActorDcp.Producer.Storage;

/// <summary>
/// The SQLite file of a bucket. What is read from it is what was written, or an <see cref="IOException"/>: pages are checked for
/// their shape, rows by checksums, and the end by a <see cref="CommitWitness"/>. One thread at a time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const string FileName = "bucket.db";
    private const string FormatVersion = "2";
    private const string CommitsFact = "commits";
    private const int NoCheckpointOnClose = 1006;

    private readonly string _directory;
    private readonly SqliteConnection _connection;
    private readonly CommitWitness _witness;
    private SqliteCommand? _insert;
    private SqliteCommand? _delete;
    private SqliteCommand? _truncate;
    private SqliteCommand? _insertVBucket;
    private SqliteCommand? _insertFact;
    private ulong _commits;

    private SqliteDatabase(string directory, SqliteConnection connection, CommitWitness witness)
    {
        _directory = directory;
        _connection = connection;
        _witness = witness;
    }

    /// <exception cref="IOException">It cannot be opened, is in use, or is damaged.</exception>
    public static SqliteDatabase Open(string directory)
    {
        Directory.CreateDirectory(directory);
        var witness = CommitWitness.Open(directory);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(directory, FileName),
            Pooling = false,
            DefaultTimeout = 2,
        }.ToString());
        try
        {
            connection.Open();
            // a database that turns out to be damaged is left as it was found
            SQLitePCL.raw.sqlite3_db_config(connection.Handle!, NoCheckpointOnClose, 1, out _);
            Execute(connection, "PRAGMA cell_size_check=ON; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            // takes the lock
            Execute(connection, "BEGIN IMMEDIATE; COMMIT;");
            return new SqliteDatabase(directory, connection, witness);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            witness.Dispose();
            throw ToIOException(directory, exception);
        }
    }

    /// <summary>All that is stored; null for a new folder.</summary>
    /// <exception cref="IOException">It is another bucket's, or damaged.</exception>
    public StoredBucket? Read(BucketSettings settings, out bool wasClean)
    {
        wasClean = true;
        try
        {
            var witnessed = _witness.Read();
            if (witnessed is null && HasTables())
                throw new IOException("its count of transactions is missing");
            if (witnessed is null)
                _witness.Note(0);
            if (!HasTables() && witnessed is null or 0)
                Execute(_connection, "BEGIN;" + StoredRows.Schema + "COMMIT;");
            CheckPages();
            _commits = ulong.Parse(StoredRows.ReadFact(_connection, CommitsFact) ?? "0", CultureInfo.InvariantCulture);
            if (_commits < witnessed)
                throw new IOException($"it has come to transaction {_commits}, but {witnessed} were committed: its end is lost");
            if (_commits == 0)
                return null;
        }
        catch (Exception exception)
        {
            throw ToIOException(_directory, exception);
        }
        Require(FormatVersion, "format", "format version");
        Require(settings.Name, "name", "bucket");
        Require(settings.VBuckets.ToString(CultureInfo.InvariantCulture), "vbuckets", "vbucket count");
        return ReadAll(out wasClean);
    }

    /// <summary>Notes whose folder this is, and that it is in use.</summary>
    public void Begin(Bucket bucket)
    {
        PrepareCommands();
        Commit(() =>
        {
            WriteFact("uuid", bucket.Uuid);
            WriteFact("name", bucket.Name);
            WriteFact("vbuckets", bucket.VBucketCount.ToString(CultureInfo.InvariantCulture));
            WriteFact("format", FormatVersion);
            WriteFact("clean", "0");
            foreach (var vbucket in bucket.VBuckets)
                Write(vbucket.TakeUnpersisted());
        });
    }

    /// <summary>Nothing more comes: the write-ahead log is moved into the database.</summary>
    public void MarkClean()
    {
        Commit(() => WriteFact("clean", "1"));
        SQLitePCL.raw.sqlite3_db_config(_connection.Handle!, NoCheckpointOnClose, 0, out _);
    }

    /// <summary>Writes batches in one transaction.</summary>
    public void Write(IReadOnlyList<PersistenceBatch> batches) => Commit(() =>
    {
        foreach (var batch in batches)
            Write(batch);
    });

    public void Dispose()
    {
        _insert?.Dispose();
        _delete?.Dispose();
        _truncate?.Dispose();
        _insertVBucket?.Dispose();
        _insertFact?.Dispose();
        _connection.Dispose();
        _witness.Dispose();
    }

    private StoredBucket ReadAll(out bool wasClean)
    {
        try
        {
            wasClean = StoredRows.ReadFact(_connection, "clean") == "1";
            var uuid = StoredRows.ReadFact(_connection, "uuid") ?? throw new IOException("its uuid is missing");
            return new StoredBucket(uuid, StoredRows.ReadVBuckets(_connection));
        }
        catch (Exception exception)
        {
            throw ToIOException(_directory, exception);
        }
    }

    private void CheckPages()
    {
        using var check = _connection.CreateCommand();
        check.CommandText = "PRAGMA integrity_check(1)";
        if (check.ExecuteScalar() is not "ok" and var said)
            throw new IOException($"{said}");
    }

    private bool HasTables()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_schema";
        return command.ExecuteScalar() is not 0L;
    }

    private void PrepareCommands()
    {
        _insert = Prepare(StoredRows.InsertItem, StoredRows.ItemParameters);
        _delete = Prepare("DELETE FROM items WHERE id = $id", ["$id"]);
        _truncate = Prepare("DELETE FROM items WHERE id > $above AND id < $next", ["$above", "$next"]);
        _insertVBucket = Prepare(StoredRows.InsertVBucket, StoredRows.VBucketParameters);
        _insertFact = Prepare(StoredRows.InsertFact, StoredRows.FactParameters);
    }

    /// <summary>Runs a transaction, counts it in the database, and only then beside it.</summary>
    private void Commit(Action write)
    {
        using (var transaction = _connection.BeginTransaction())
        {
            _insert!.Transaction = _delete!.Transaction = _truncate!.Transaction = _insertVBucket!.Transaction = _insertFact!.Transaction = transaction;
            write();
            WriteFact(CommitsFact, (_commits + 1).ToString(CultureInfo.InvariantCulture));
            transaction.Commit();
        }
        _commits++;
        _witness.Note(_commits);
    }

    private void Write(PersistenceBatch batch)
    {
        var id = batch.VBucket.Id;
        if (batch.TruncatedTo is { } seqno)
        {
            _truncate!.Parameters[0].Value = StoredRows.RowId(id, seqno);
            _truncate.Parameters[1].Value = StoredRows.NextRowId(id);
            _truncate.ExecuteNonQuery();
        }
        foreach (var obsolete in batch.Obsolete)
        {
            _delete!.Parameters[0].Value = StoredRows.RowId(id, obsolete);
            _delete.ExecuteNonQuery();
        }
        var index = batch.Slice.From;
        for (; batch.Slice.TryFindFrom(ref index); index++)
        {
            StoredRows.Bind(_insert!, id, batch.Slice.Items[index]);
            _insert!.ExecuteNonQuery();
        }
        StoredRows.Bind(_insertVBucket!, batch.Facts);
        _insertVBucket!.ExecuteNonQuery();
    }

    private void WriteFact(string name, string value)
    {
        StoredRows.Bind(_insertFact!, name, value);
        _insertFact!.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter(name, null));
        return command;
    }

    private void Require(string asked, string fact, string what)
    {
        var stored = StoredRows.ReadFact(_connection, fact);
        if (stored != asked)
            throw new IOException($"the data folder holds a bucket of {what} '{stored}', not '{asked}': give the same, or another folder");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static IOException ToIOException(string directory, Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED } =>
            new IOException($"the bucket in '{directory}' cannot be opened: another producer is using it", exception),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_READONLY } =>
            new IOException($"the bucket in '{directory}' cannot be read: {exception.Message}", exception),
        _ => new IOException(
            $"the bucket in '{directory}' is damaged, so nothing of it is served ({exception.Message}): bring the folder back from a copy, or give an empty one", exception),
    };
}
